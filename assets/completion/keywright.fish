# Completions of keywright for fish, which ask the program itself.
function __keywright_complete
    set -l words (commandline --tokenize --cut-at-cursor --current-process)
    set -l typed (commandline --cut-at-cursor --current-token)
    for line in ($words[1] __complete $words[2..] "$typed" 2>/dev/null)
        switch $line
            case ':files'
                __fish_complete_path "$typed"
            case ':folders'
                __fish_complete_directories "$typed"
            case '*'
                echo $line
        end
    end
end
complete --command keywright --no-files --arguments '(__keywright_complete)'
