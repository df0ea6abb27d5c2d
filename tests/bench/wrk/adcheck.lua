-- The check before publication: wrk … -- TOKEN COUNT. Bodies are made before anything is measured.
local bodies, at = {}, 0
local values = {"футбол", "ремонт квартир", "путешествия", "книги", "кітап оқу", "cars", "жаңа үйлер", "велоспорт", "хоккей", "бухгалтерия",
  "қазақтар", "сахарный диабет"}

local function one(number)
  local criteria = {}
  local most = number % 10 == 0 and #values or 10
  for i = 1, 6 do
    criteria[i] = '{"criterion":"интерес","value":"' .. values[(number + i) % most + 1] .. '"}'
  end
  return '{"kind":"targeted","format":"text","language":"ru","text":"Реклама. Магазин «Дом ' .. number ..
    '» объявляет о распродаже садовой мебели с доставкой по всему городу.","account":{"name":"dom' .. number ..
    '"},"advertiser":{"name":"ТОО «Дом»"},"payer":{"name":"ТОО «Дом»"},"period":{"from":"2026-11-01"},' ..
    '"targeting":{"age":{"from":18},"include":[' .. table.concat(criteria, ",") .. ']}}'
end

function init(args)
  local count = tonumber(args[2])
  wrk.method = "POST"
  wrk.headers["Authorization"] = "Bearer " .. args[1]
  wrk.headers["Content-Type"] = "application/json"
  for b = 1, 50 do
    local ads = {}
    for i = 1, count do
      ads[i] = one(b * count + i)
    end
    bodies[b] = wrk.format(nil, "/v1/ads/check", nil, count == 1 and ads[1] or '{"ads":[' .. table.concat(ads, ",") .. ']}')
  end
end

function request()
  at = at % #bodies + 1
  return bodies[at]
end
