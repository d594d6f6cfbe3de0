-- Asks who the access tokens of <prefix>0, <prefix>1, … belong to (a file per thread, a token a line): each once, or
-- with a second argument that many of them over and over.
local count = 0
function setup(thread)
	thread:set("id", count)
	count = count + 1
end

local head = "GET /v1/auth/me HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer "
local next_token

function init(args)
	local file = assert(io.open(args[1] .. id))
	if not args[2] then
		next_token = function() return file:read() end
		return
	end
	local seen, at = {}, 0
	for i = 1, tonumber(args[2]) do
		seen[i] = assert(file:read())
	end
	next_token = function()
		at = at % #seen + 1
		return seen[at]
	end
end

function request()
	local token = next_token()
	if not token then
		io.stderr:write("ran out of tokens\n")
		wrk.thread:stop()
		return "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
	end
	return head .. token .. "\r\n\r\n"
end
