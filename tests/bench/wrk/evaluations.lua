-- Questions whether a person's data may be processed, many in each request: token, people, questions a request, kind.
local bodies, at = {}, 0
local function question(person, purpose)
  return '{"resource":{"type":"person","id":"client-' .. person .. '","properties":{"purpose":"purpose_' .. purpose ..
    '","categories":["' .. categories[1] .. '","' .. categories[2] .. '"]}}}'
end
function init(args)
  local token, people, count = args[1], tonumber(args[2]), tonumber(args[3])
  categories = {args[4], args[5]}
  local path = count == 1 and "/access/v1/evaluation" or "/access/v1/evaluations"
  local headers = {["Content-Type"] = "application/json", ["Authorization"] = "Bearer " .. token}
  math.randomseed(tonumber(args[6]) + (number or 0) * 7919)
  for i = 1, (count == 1 and 5000 or 64) do
    local body
    if count == 1 then
      body = '{"subject":{"type":"operator","id":"operator"},"action":{"name":"use"},' .. question(math.random(people), math.random(8)):sub(2)
    else
      local items = {}
      for k = 1, count do
        items[k] = question(math.random(people), math.random(8))
      end
      body = '{"subject":{"type":"operator","id":"operator"},"action":{"name":"use"},"evaluations":[' .. table.concat(items, ",") .. ']}'
    end
    bodies[i] = wrk.format("POST", path, headers, body)
  end
end
local threads = 0
function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end
function request()
  at = at % #bodies + 1
  return bodies[at]
end
