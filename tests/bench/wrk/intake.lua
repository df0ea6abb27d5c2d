-- Complaints as a platform's own form would post them, each with another text.
local thread_number = 0
function setup(thread)
  thread:set("number", thread_number)
  thread_number = thread_number + 1
end
function init()
  count = 0
end
function request()
  count = count + 1
  local body = '{"about":"content","link":"https://alan.example.kz/p/' .. number .. '-' .. count ..
    '","text":"Шағым ' .. number .. '-' .. count .. ': менің суретім рұқсатсыз жарияланған, парақшаны тексеріп, өшіруді сұраймын."}'
  return wrk.format("POST", "/v1/cases/complaint", {["Content-Type"] = "application/json"}, body)
end
function response(status)
  if status ~= 201 then
    wrong = (wrong or 0) + 1
  end
end
