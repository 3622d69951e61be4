# ruff: noqa: S608 - every statement is put together from constant texts
"""The statements of a search for paths: what is around either end, and how the two sides meet.

Each takes `t` (the workspace), `a` and `b` (the ends) and `most` (how many rows); those with `{sides}` begin with
the neighbours of either end. Every one is answered from the two indexes of the ties alone.
"""

OUT = """
SELECT to_contact_id, strength FROM network_relationship WHERE tenant_id = %(t)s AND from_contact_id = %(a)s
UNION ALL SELECT from_contact_id, strength FROM network_relationship
  WHERE tenant_id = %(t)s AND to_contact_id = %(a)s AND mutual
"""
INTO = """
SELECT from_contact_id, strength FROM network_relationship WHERE tenant_id = %(t)s AND to_contact_id = %(b)s
UNION ALL SELECT to_contact_id, strength FROM network_relationship
  WHERE tenant_id = %(t)s AND from_contact_id = %(b)s AND mutual
"""
_BETWEEN = """
SELECT strength FROM network_relationship WHERE tenant_id = %(t)s AND from_contact_id = {0} AND to_contact_id = {1}
UNION ALL SELECT strength FROM network_relationship
  WHERE tenant_id = %(t)s AND from_contact_id = {1} AND to_contact_id = {0} AND mutual
"""
ENDS = """
(SELECT 0, to_contact_id, strength FROM network_relationship
  WHERE tenant_id = %(t)s AND from_contact_id = %(a)s LIMIT %(most)s)
UNION ALL (SELECT 0, from_contact_id, strength FROM network_relationship
  WHERE tenant_id = %(t)s AND to_contact_id = %(a)s AND mutual LIMIT %(most)s)
UNION ALL (SELECT 1, from_contact_id, strength FROM network_relationship
  WHERE tenant_id = %(t)s AND to_contact_id = %(b)s LIMIT %(most)s)
UNION ALL (SELECT 1, to_contact_id, strength FROM network_relationship
  WHERE tenant_id = %(t)s AND from_contact_id = %(b)s AND mutual LIMIT %(most)s)
UNION ALL SELECT 2, to_contact_id, strength FROM network_relationship
  WHERE tenant_id = %(t)s AND from_contact_id = %(a)s AND to_contact_id = %(b)s
UNION ALL SELECT 2, from_contact_id, strength FROM network_relationship
  WHERE tenant_id = %(t)s AND from_contact_id = %(b)s AND to_contact_id = %(a)s AND mutual
"""
GIVEN = "SELECT * FROM unnest(%({0}s)s::uuid[], %({0}p)s::numeric[])"
SIDES = """
WITH a(x, p) AS MATERIALIZED (SELECT * FROM ({out}) o(x, p) WHERE x <> %(b)s),
     b(y, p) AS MATERIALIZED (SELECT * FROM ({into}) i(y, p) WHERE y <> %(a)s)
"""
TWO_THROUGH_B = f"""
{{sides}} SELECT b.y, e.strength, b.p FROM b CROSS JOIN LATERAL ({_BETWEEN.format("%(a)s", "b.y")}) e
ORDER BY e.strength * b.p DESC, b.y LIMIT %(most)s
"""
TWO_THROUGH_A = f"""
{{sides}} SELECT a.x, a.p, e.strength FROM a CROSS JOIN LATERAL ({_BETWEEN.format("a.x", "%(b)s")}) e
ORDER BY a.p * e.strength DESC, a.x LIMIT %(most)s
"""
TWO = "{sides} SELECT a.x, a.p, b.p FROM a JOIN b ON b.y = a.x ORDER BY a.p * b.p DESC, a.x LIMIT %(most)s"
THREE = """
{sides} SELECT x, y, p, s, q FROM (
SELECT a.x, b.y, a.p, e.strength, b.p FROM a
  JOIN network_relationship e ON e.tenant_id = %(t)s AND e.from_contact_id = a.x JOIN b ON b.y = e.to_contact_id
UNION ALL
SELECT a.x, b.y, a.p, e.strength, b.p FROM a
  JOIN network_relationship e ON e.tenant_id = %(t)s AND e.to_contact_id = a.x AND e.mutual
  JOIN b ON b.y = e.from_contact_id
) AS found(x, y, p, s, q) ORDER BY p * s * q DESC, x, y LIMIT %(most)s
"""
THREE_PROBED = f"""
{{sides}} SELECT a.x, b.y, a.p, e.strength, b.p FROM a CROSS JOIN b
CROSS JOIN LATERAL ({_BETWEEN.format("a.x", "b.y")}) e
ORDER BY a.p * e.strength * b.p DESC, a.x, b.y LIMIT %(most)s
"""
_FROM_A = """
  SELECT a.x, e.to_contact_id, a.p, e.strength FROM a
    JOIN network_relationship e ON e.tenant_id = %(t)s AND e.from_contact_id = a.x
  UNION ALL SELECT a.x, e.from_contact_id, a.p, e.strength FROM a
    JOIN network_relationship e ON e.tenant_id = %(t)s AND e.to_contact_id = a.x AND e.mutual
"""
_TO_B = """
  SELECT b.y, e.from_contact_id, b.p, e.strength FROM b
    JOIN network_relationship e ON e.tenant_id = %(t)s AND e.to_contact_id = b.y
  UNION ALL SELECT b.y, e.to_contact_id, b.p, e.strength FROM b
    JOIN network_relationship e ON e.tenant_id = %(t)s AND e.from_contact_id = b.y AND e.mutual
"""
_FOUND = """
WHERE f.x <> g.y AND f.m <> %(a)s AND f.m <> %(b)s
ORDER BY f.p * f.s * g.s * g.p DESC, f.x, f.m, g.y LIMIT %(most)s
"""
FOUR = f"""
{{sides}}, f(x, m, p, s) AS ({_FROM_A}), g(y, m, p, s) AS ({_TO_B})
SELECT f.x, f.m, g.y, f.p, f.s, g.s, g.p FROM f JOIN g ON g.m = f.m {_FOUND}
"""
# Somebody who knows hundreds stands at one end: the other side goes a step farther, from fewer people.
FOUR_TO_B = f"""
{{sides}}, g(y, m, p, s) AS MATERIALIZED ({_TO_B}), middle(m) AS MATERIALIZED (
  SELECT DISTINCT m FROM g WHERE m <> %(a)s AND m <> %(b)s),
f(x, m, p, s) AS (
  SELECT a.x, into_m.m, a.p, into_m.s FROM (
    SELECT middle.m, e.from_contact_id, e.strength FROM middle
      JOIN network_relationship e ON e.tenant_id = %(t)s AND e.to_contact_id = middle.m
    UNION ALL SELECT middle.m, e.to_contact_id, e.strength FROM middle
      JOIN network_relationship e ON e.tenant_id = %(t)s AND e.from_contact_id = middle.m AND e.mutual
  ) into_m(m, x, s) JOIN a ON a.x = into_m.x
)
SELECT f.x, f.m, g.y, f.p, f.s, g.s, g.p FROM f JOIN g ON g.m = f.m {_FOUND}
"""
FOUR_FROM_A = f"""
{{sides}}, f(x, m, p, s) AS MATERIALIZED ({_FROM_A}), middle(m) AS MATERIALIZED (
  SELECT DISTINCT m FROM f WHERE m <> %(a)s AND m <> %(b)s),
g(y, m, p, s) AS (
  SELECT b.y, from_m.m, b.p, from_m.s FROM (
    SELECT middle.m, e.to_contact_id, e.strength FROM middle
      JOIN network_relationship e ON e.tenant_id = %(t)s AND e.from_contact_id = middle.m
    UNION ALL SELECT middle.m, e.from_contact_id, e.strength FROM middle
      JOIN network_relationship e ON e.tenant_id = %(t)s AND e.to_contact_id = middle.m AND e.mutual
  ) from_m(m, y, s) JOIN b ON b.y = from_m.y
)
SELECT f.x, f.m, g.y, f.p, f.s, g.s, g.p FROM f JOIN g ON g.m = f.m {_FOUND}
"""
_SIZES = "{{sides}} SELECT (SELECT count(*) FROM {}), (SELECT count(DISTINCT m) FROM ({}) walked(here, m, p, s))"
SIZES_TO_B, SIZES_FROM_A = _SIZES.format("a", _TO_B), _SIZES.format("b", _FROM_A)
ALIVE = "SELECT id FROM contacts_contact WHERE tenant_id = %(t)s AND id = ANY(%(ids)s) AND deleted_at IS NULL"
WORLD = f"""
SELECT (SELECT stamp FROM network_graphversion WHERE tenant_id = %(t)s), (SELECT count(*) FROM ({ALIVE}) alive)
"""
