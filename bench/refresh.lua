-- Rotates the refresh tokens of <prefix>0, <prefix>1, … (a file per thread, a token a line), each once.
-- With a second argument, the access tokens of the answers are collected in <argument>0, …
local count = 0
function setup(thread)
	thread:set("id", count)
	count = count + 1
end

local head = "POST /v1/auth/refresh HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: "
local tokens

function init(args)
	tokens = assert(io.open(args[1] .. id))
	if args[2] then
		local collected = assert(io.open(args[2] .. id, "w"))
		response = function(status, headers, body)
			local token = body:match('"access_token":"([^"]+)"')
			if token then collected:write(token, "\n") end
		end
	end
end

local healthz = "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
local asked = false

function request()
	if not asked then -- wrk looks at a request before it begins, and throws it away: no token for that
		asked = true
		return healthz
	end
	local token = tokens:read()
	if not token then
		io.stderr:write("ran out of tokens\n")
		wrk.thread:stop()
		return healthz
	end
	return head .. (#token + 20) .. '\r\n\r\n{"refresh_token":"' .. token .. '"}'
end
