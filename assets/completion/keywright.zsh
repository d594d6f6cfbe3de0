#compdef keywright
# Completions of keywright for zsh, which ask the program itself.
_keywright() {
	local line word
	local -a choices
	for line in "${(@f)$("${(Q)words[1]}" __complete "${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
		word="${line%%$'\t'*}"
		case $line in
		'') ;;
		:files) _files ;;
		:folders) _files -/ ;;
		*) choices+=("${word//:/\\:}:${line#*$'\t'}") ;;
		esac
	done
	if (( $#choices )); then
		_describe keywright choices
	fi
}
# Run by compsys as a file of $fpath, or sourced.
if [[ $funcstack[1] == _keywright ]]; then
	_keywright "$@"
else
	compdef _keywright keywright
fi
