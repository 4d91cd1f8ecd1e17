-- A workload for Lua: closures, coroutines, strings, tables, metatables, errors, collection. Prints what is
-- checked against the same interpreter built by gcc; the last line is the number of checks.
local checks = 0
local function check(name, value)
    checks = checks + 1
    print(name, value)
end

local function fib(n) return n < 2 and n or fib(n - 1) + fib(n - 2) end
check("fib", fib(24))

local producer = coroutine.wrap(function()
    for i = 1, 1000 do coroutine.yield(i) end
end)
local sum = 0
for i = 1, 1000 do sum = sum + producer() end
check("coroutines", sum)

local words = {}
for w in ("the quick brown fox jumps over the lazy dog"):rep(50, " "):gmatch("%a+") do
    words[w] = (words[w] or 0) + 1
end
local keys = {}
for k, v in pairs(words) do keys[#keys + 1] = k .. "=" .. v end
table.sort(keys)
check("words", table.concat(keys, ","))

local Vector = {}
Vector.__index = Vector
Vector.__add = function(a, b) return setmetatable({a[1] + b[1], a[2] + b[2]}, Vector) end
Vector.__eq = function(a, b) return a[1] == b[1] and a[2] == b[2] end
Vector.__tostring = function(v) return "(" .. v[1] .. ", " .. v[2] .. ")" end
local v = setmetatable({1, 2}, Vector)
for _ = 1, 100 do v = v + setmetatable({1, -1}, Vector) end
check("vector", tostring(v))
check("equal", v == setmetatable({101, -98}, Vector))

check("error", select(2, pcall(function() return nil + 1 end)))
check("nested", select(2, pcall(error, {code = 7})).code)
check("traceback", (debug.traceback("here", 1):match("^[^\n]+")))

local t = setmetatable({}, {__mode = "k"})
for _ = 1, 1000 do t[{}] = true end
collectgarbage()
check("weak", next(t) == nil)

for i = 1, 200 do
    local s = {}
    for j = 1, 100 do s[j] = string.format("%5.2f|%x|%q", i / j, i * j, "a\n\0b") end
    if i % 50 == 0 then check("format " .. i, #table.concat(s)) end
end

check("integers", math.maxinteger + 1 == math.mininteger)
check("division", string.format("%d %d %.3f", -7 // 2, -7 % 3, 7 / 2))
check("shifts", string.format("%x", (0xdeadbeef << 8 | 0x5a) ~ 0xff))
check("pack", string.pack("<i4z s2", 42, "abc", "de"):byte(1, -1))
check("utf8", utf8.char(228, 8364, 128512):len())
check("goto", (function() local i = 0 ::top:: i = i + 1 if i < 10 then goto top end return i end)())
check("load", load("local a, b = ... return a * b")(6, 7))
check("sort", (function()
    local a, x = {}, 42
    for i = 1, 5000 do x = (x * 1103515245 + 12345) % 2147483648 a[i] = x end
    table.sort(a)
    for i = 2, #a do if a[i - 1] > a[i] then return false end end
    return a[1] .. " " .. a[#a]
end)())
print(checks .. " checks of the workload as with gcc's build")
