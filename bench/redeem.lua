-- Redeems the secrets of <prefix>0, <prefix>1, … (a file per thread, a secret a line), each once: posts it to a path as a
-- field's value. Arguments: prefix, path, field; with a fourth, the access tokens of the answers are collected in <argument>0, …
local count = 0
function setup(thread)
	thread:set("id", count)
	count = count + 1
end

local secrets, head, lead

function init(args)
	secrets = assert(io.open(args[1] .. id))
	head = "POST " .. args[2] .. " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: "
	lead = '{"' .. args[3] .. '":"'
	if args[4] then
		local collected = assert(io.open(args[4] .. id, "w"))
		response = function(status, headers, body)
			local token = body:match('"access_token":"([^"]+)"')
			if token then collected:write(token, "\n") end
		end
	end
end

local healthz = "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
local asked = false

function request()
	if not asked then -- wrk looks at a request before it begins, and throws it away: no secret for that
		asked = true
		return healthz
	end
	local secret = secrets:read()
	if not secret then
		io.stderr:write("ran out of tokens\n")
		wrk.thread:stop()
		return healthz
	end
	return head .. (#lead + #secret + 2) .. "\r\n\r\n" .. lead .. secret .. '"}'
end
