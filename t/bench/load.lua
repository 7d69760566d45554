-- load.lua -- what wrk sends, and what it has seen, as a line of JSON.
--
--	wrk ... -s load.lua URL -- FILE FIRST [count]
--
-- FILE has whole requests, each ended by a NUL, that are sent in turn; {number}
-- in one becomes FIRST, FIRST + 1, ..., eight digits each, so that all have
-- their length.  With `count` every answer's status is looked at, which costs
-- wrk a little; without, wrk itself counts those above 399.

local requests = {}
local sent = 0
local first

-- These two are global because wrk hands only globals from its thread to done().
statuses = {}
busy = 0 -- 503s that say when to come again

function init(args)
	local file = assert(io.open(args[1], "rb"))

	for request in file:read("*a"):gmatch("(%Z+)%z") do
		table.insert(requests, request)
	end
	file:close()
	first = tonumber(args[2])
	if args[3] == "count" then
		response = count
	end
end

function request()
	local text = requests[sent % #requests + 1]

	if text:find("{number}", 1, true) then
		text = text:gsub("{number}", string.format("%08d", first + sent))
	end
	sent = sent + 1
	return text
end

function count(status, headers)
	local name = tostring(status)

	statuses[name] = (statuses[name] or 0) + 1
	if status == 503 and headers["Retry-After"] then
		busy = busy + 1
	end
end

local threads = {}

function setup(thread)
	table.insert(threads, thread)
end

function done(summary, latency)
	local thread = threads[1] -- there is one
	local errors = summary.errors
	local counts = {}

	for status, number in pairs(thread:get("statuses")) do
		table.insert(counts, string.format('"%s":%d', status, number))
	end
	print(string.format('{"answers":%d,"seconds":%.6f,"bytes":%d,'
		.. '"p50":%.0f,"p99":%.0f,"max":%.0f,"bad":%d,"connect":%d,'
		.. '"read":%d,"write":%d,"timeout":%d,"busy":%d,"statuses":{%s}}',
		summary.requests, summary.duration / 1e6, summary.bytes,
		latency:percentile(50), latency:percentile(99), latency.max,
		errors.status, errors.connect, errors.read, errors.write,
		errors.timeout, thread:get("busy"), table.concat(counts, ",")))
end
