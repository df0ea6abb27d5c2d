-- Every procedure opened in turn, and each case taken through its acts: the answer tells id, procedure and state, and the state tells the next
-- act. Acts come before openings, so that cases are finished. What comes out: how many of each were answered, and how many were refused.
local thread_number = 0
local threads = {}
function setup(thread)
  thread:set("number", thread_number)
  thread_number = thread_number + 1
  threads[#threads + 1] = thread
end
function init(args)
  opens, acts, pending, first = {}, {}, {}, 1
  opened, acted, refused, why = 0, 0, 0, ""
  for line in io.lines(args[1]) do
    local what, procedure, state, path, token, body = line:match("([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)\t(.*)")
    local step = {path = path, body = body, headers = {["Content-Type"] = "application/json", ["Authorization"] = "Bearer " .. token}}
    if what == "open" then
      opens[#opens + 1] = step
    else
      acts[procedure .. " " .. state] = step
    end
  end
  turn, serial = number * 7, 0
  started = os.time()
end
local function fill(text, id)
  local now = os.time() + 5 * 3600
  serial = serial + 1
  text = text:gsub("{n}", started .. number .. serial)
  text = text:gsub("{now}", os.date("!%Y-%m-%dT%H:%M", now))
  text = text:gsub("{today}", os.date("!%Y-%m-%d", now))
  return (text:gsub("{id}", id or ""))
end
function request()
  local step, id
  if first <= #pending then
    step, id = pending[first].step, pending[first].id
    pending[first] = nil
    first = first + 1
    if first > #pending then pending, first = {}, 1 end
  else
    turn = turn + 1
    step = opens[turn % #opens + 1]
  end
  return wrk.format("POST", fill(step.path, id), step.headers, fill(step.body))
end
function response(status, headers, body)
  if status == 201 then
    opened = opened + 1
  elseif status == 200 then
    acted = acted + 1
  else
    refused = refused + 1
    if why == "" then why = body end
    return
  end
  local step = acts[(body:match('"procedure":"([%w_]+)"') or "") .. " " .. (body:match('"state":"([%w_]+)"') or "")]
  if step then
    pending[#pending + 1] = {step = step, id = body:match('"id":"([%x-]+)"')}
  end
end
function done()
  local sums = {opened = 0, acted = 0, refused = 0}
  for _, thread in ipairs(threads) do
    for name in pairs(sums) do sums[name] = sums[name] + tonumber(thread:get(name)) end
    if thread:get("why") ~= "" then io.write("why " .. thread:get("why") .. "\n") end
  end
  io.write(string.format("opened %d acted %d refused %d\n", sums.opened, sums.acted, sums.refused))
end
