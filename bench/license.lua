-- Posts to a path of licenses with the keys of <prefix>0, <prefix>1, … (a file per thread, a key a line): each once, or with a fourth
-- argument that many of them over and over. Arguments: prefix, path, app_id and device_id as JSON members.
local count = 0
function setup(thread)
	thread:set("id", count)
	count = count + 1
end

local next_request
local healthz = "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"

function init(args)
	local keys = assert(io.open(args[1] .. id))
	local head = "POST " .. args[2] .. " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: "
	local lead, tail = "{" .. args[3] .. ',"license_key":"', '"}'
	local function request_for(key)
		return head .. (#lead + #key + #tail) .. "\r\n\r\n" .. lead .. key .. tail
	end
	if not args[4] then
		next_request = function()
			local key = keys:read()
			if not key then
				io.stderr:write("ran out of tokens\n")
				wrk.thread:stop()
				return healthz
			end
			return request_for(key)
		end
		return
	end
	local requests, at = {}, 0
	for i = 1, tonumber(args[4]) do
		requests[i] = request_for(assert(keys:read()))
	end
	next_request = function()
		at = at % #requests + 1
		return requests[at]
	end
end

local asked = false

function request()
	if not asked then -- wrk looks at a request before it begins, and throws it away: no key for that
		asked = true
		return healthz
	end
	return next_request()
end
