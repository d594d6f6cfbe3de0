-- Makes the calls of <prefix>0, <prefix>1, … (a file per thread, a call a line): a path is a GET; a path, a tab and a JSON
-- object are a POST. Arguments: prefix, authorization; with a third, a thread that has made all its calls makes them again.
local count = 0
function setup(thread)
	thread:set("id", count)
	count = count + 1
end

local calls, head, again

function init(args)
	calls = assert(io.open(args[1] .. id))
	head = " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: " .. args[2] .. "\r\n"
	again = args[3]
end

local healthz = "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
local asked = false

function request()
	if not asked then -- wrk looks at a request before it begins, and throws it away: no call for that
		asked = true
		return healthz
	end
	local call = calls:read()
	if not call and again then
		calls:seek("set")
		call = calls:read()
	end
	if not call then
		io.stderr:write("ran out of calls\n")
		wrk.thread:stop()
		return healthz
	end
	local path, body = call:match("^([^\t]*)\t(.*)$")
	if not path then
		return "GET " .. call .. head .. "\r\n"
	end
	return "POST " .. path .. head .. "Content-Type: application/json\r\nContent-Length: " .. #body .. "\r\n\r\n" .. body
end
