-- Whole sign-ins by one-time password: send, read the code from the inbox, verify. Needs as many threads as connections,
-- so that each Lua state speaks for one person at a time. Arguments: app id, a word that no earlier run has used.
local threads = {}
function setup(thread)
	thread:set("id", #threads)
	threads[#threads + 1] = thread
end

local person, email, otp_request_id = 0, nil, nil
local send, read, verify -- the three steps: each a request, and what its answer leads to
local step
signed_in, waited = 0, 0

local function post(path, body)
	return "POST " .. path .. " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: "
		.. #body .. "\r\n\r\n" .. body
end

function init(args)
	local app = '{"app_id":"' .. args[1] .. '",'
	local code
	send = {
		ask = function()
			person = person + 1
			email = args[2] .. "-" .. id .. "-" .. person .. "@bench.example"
			return post("/v1/auth/send-otp", app .. '"email":"' .. email .. '"}')
		end,
		answer = function(body)
			otp_request_id = body:match('"otp_request_id":"([^"]+)"') or error(body)
			return read
		end,
	}
	read = {
		ask = function()
			return "GET /dev/messages?to=" .. email .. "&limit=1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
		end,
		answer = function(body)
			code = body:match('"code":"(%d+)"')
			if not code then
				waited = waited + 1
				return read
			end
			return verify
		end,
	}
	verify = {
		ask = function()
			return post("/v1/auth/verify-otp",
				app .. '"otp_request_id":"' .. otp_request_id .. '","otp":"' .. code .. '"}')
		end,
		answer = function(body)
			if not body:find('"refresh_token":"kwr_', 1, true) then error(body) end
			signed_in = signed_in + 1
			return send
		end,
	}
	step = send
end

function request()
	return step.ask()
end

function response(status, headers, body)
	step = step.answer(body)
end

function done()
	local all_signed_in, all_waited = 0, 0
	for _, thread in ipairs(threads) do
		all_signed_in = all_signed_in + thread:get("signed_in")
		all_waited = all_waited + thread:get("waited")
	end
	print("signed in: " .. all_signed_in .. ", code not there yet: " .. all_waited)
end
