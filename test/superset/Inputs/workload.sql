-- A workload for SQLite: tables, indices, joins, windows, common table expressions, triggers, transactions, JSON, text search.
.bail off
create table customer(id integer primary key, name text not null, city text, credit real check (credit >= 0));
create table orders(id integer primary key, customer integer references customer(id), day text, cents integer);
create index orders_by_customer on orders(customer, day);
create table log(what text);
create trigger order_added after insert on orders when new.cents > 99000 begin insert into log values ('large ' || new.id); end;
with recursive n(i) as (select 1 union all select i + 1 from n where i < 500)
insert into customer select i, 'name-' || (i * 7919 % 1000), char(65 + i % 26), i * 1.5 from n;
with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000)
insert into orders select i, 1 + i * 31 % 500, date('2024-01-01', '+' || (i % 366) || ' days'), i * 7919 % 100000 from n;
select count(*), sum(cents), min(day), max(day) from orders;
select city, count(*), round(avg(cents), 3) from customer join orders on customer.id = orders.customer group by city order by 1;
select count(*) from log;
select name, total from (select customer.name, sum(cents) total from customer join orders on customer = customer.id group by customer.id) order by total desc, name limit 10;
select day, sum(cents) over (order by day rows between 6 preceding and current row) from (select day, sum(cents) cents from orders group by day) limit 40;
select id, rank() over (partition by city order by credit desc) r from customer where id % 25 = 0 order by city, r;
explain query plan select * from orders where customer = 7 and day > '2024-06-01';
begin; update orders set cents = cents + 1 where customer % 2; select sum(cents) from orders; rollback; select sum(cents) from orders;
insert into customer values (1, 'twice', 'X', 1);
insert into customer values (1000, 'debtor', 'X', -1);
select json_extract('{"a":[1,2,{"b":"deep"}]}', '$.a[2].b'), json_array(1, 'x', null, 2.5);
select key, value, type from json_each('{"x":1,"y":[true,null]}');
select hex(zeroblob(4)), quote(x'00ff'), printf('%08.3f|%-6s|%c', 3.14159, 'ab', 'z'), typeof(1 / 2.0), 7 / 2, -7 % 3;
select upper('abc'), substr('abcdef', -3, 2), replace('aaa', 'a', 'bb'), instr('hello', 'l'), trim('  x '), unicode('e');
select date('2024-02-28', '+2 days'), julianday('2000-01-01'), strftime('%j-%W', '2024-07-04');
select 9223372036854775807 + 0, 9223372036854775807 + 1, 1e308 * 10, 0.1 + 0.2, cast('12abc' as integer), '10' < 9;
with recursive fib(a, b, n) as (select 0, 1, 0 union all select b, a + b, n + 1 from fib where n < 60) select group_concat(a, ' ') from fib;
with recursive x(i, s) as (select 0, '' union all select i + 1, s || char(97 + i * 7 % 26) from x where i < 200) select length(s), substr(s, 100, 26) from x order by i desc limit 1;
create view rich as select * from customer where credit > 700; select count(*), min(id) from rich;
delete from orders where id % 3 = 0; select count(*), sum(id) from orders; vacuum; analyze; pragma integrity_check;
select name, sql from sqlite_master order by name;
select * from nowhere;
select 1 +;
alter table customer add column note text default 'none'; select note, count(*) from customer group by 1;
insert into customer(id, name) values (2001, 'up') on conflict do nothing; insert into customer(id, name) values (2001, 'up') on conflict(id) do update set note = 'again' returning id, note;
select group_concat(name) filter (where id < 5) from customer;
attach ':memory:' as other; create table other.t as select * from customer where id < 20; select count(*), sum(credit) from other.t; detach other;
