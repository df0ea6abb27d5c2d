-- Reads of cases by id, at random out of the file of ids that the bench wrote; a token stands in the first line.
function init(args)
  ids = {}
  local file = io.open(args[1])
  token = file:read("*l")
  for line in file:lines() do
    ids[#ids + 1] = line
  end
  file:close()
  math.randomseed(os.time())
  headers = {["Authorization"] = "Bearer " .. token}
end
function request()
  return wrk.format("GET", "/v1/cases/" .. ids[math.random(#ids)], headers)
end
