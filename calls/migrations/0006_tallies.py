"""Counters of calls, kept by the database, and the first count of calls and campaign leads.

The first count adds what the counters lack in one statement, so it reads rows and counters as of one moment and
is right while others write; for the same reason `recount_campaign_tallies()` sets counters right at any time.
"""

from django.db import migrations

_PERSON = "(answered_at IS NOT NULL AND answered_by IN ('', 'human', 'unknown'))"
_FACTS = f"""tenant_id, campaign_id, campaign_lead_id, date_trunc('hour', created_at, 'UTC') AS hour,
    CASE dial_state WHEN 'ended' THEN outcome WHEN 'reserved' THEN 'reserved' ELSE 'live' END AS state,
    (dial_state <> 'reserved')::int AS dialed, {_PERSON}::int AS answered,
    ({_PERSON} AND outcome = 'completed' AND coalesce(duration_seconds, 0) >= 10)::int AS talked,
    duration_seconds, cost"""
_ALL = "campaign_id IS NOT NULL AND test_of_id IS NULL"
_COLUMNS = "tenant_id, campaign_id, hour, state, n, answered, conversations, timed, seconds, talked_seconds, cost"
_SUMS = """SELECT tenant_id, campaign_id, hour, state, sum(sign) AS n, sum(sign * answered) AS answered,
    sum(sign * talked) AS conversations, sum(sign * answered * (duration_seconds IS NOT NULL)::int) AS timed,
    sum(sign * coalesce(duration_seconds, 0)) AS seconds,
    sum(sign * answered * coalesce(duration_seconds, 0)) AS talked_seconds, sum(sign * coalesce(cost, 0)) AS cost"""
_SOME = "n <> 0 OR answered <> 0 OR conversations <> 0 OR timed <> 0 OR seconds <> 0 OR talked_seconds <> 0 OR cost <> 0"
_REACH = """INSERT INTO campaigns_leadreach AS r (tenant_id, campaign_id, campaign_lead_id, dialed, answered, talked)
    SELECT tenant_id, campaign_id, campaign_lead_id, dialed, answered, talked FROM step
    ON CONFLICT (campaign_lead_id) DO UPDATE SET dialed = r.dialed + excluded.dialed,
      answered = r.answered + excluded.answered, talked = r.talked + excluded.talked"""
_ANY_STEP = "sum({0}dialed) <> 0 OR sum({0}answered) <> 0 OR sum({0}talked) <> 0"

_COUNT = f"""
CREATE FUNCTION tally_calls_{{verb}}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  WITH change AS MATERIALIZED ({{changes}}),
  counted AS (
    INSERT INTO campaigns_calltally ({_COLUMNS}, folded)
    SELECT *, false FROM ({_SUMS} FROM change GROUP BY 1, 2, 3, 4) s WHERE {_SOME}),
  step AS (
    SELECT tenant_id, campaign_id, campaign_lead_id, sum(sign * dialed) AS dialed, sum(sign * answered) AS answered,
      sum(sign * talked) AS talked FROM change WHERE campaign_lead_id IS NOT NULL
     GROUP BY 1, 2, 3 HAVING {_ANY_STEP.format("sign * ")} ORDER BY 3),
  reached AS ({_REACH} RETURNING campaign_lead_id, dialed, answered, talked)
  INSERT INTO campaigns_leadtally (tenant_id, campaign_id, name, reason, n, folded)
  SELECT step.tenant_id, step.campaign_id, v.name, '', sum((v.now > 0)::int - (v.now > v.change)::int), false
    FROM step JOIN reached USING (campaign_lead_id), LATERAL (VALUES ('dialed', reached.dialed, step.dialed),
      ('answered', reached.answered, step.answered), ('talked', reached.talked, step.talked)) v(name, now, change)
   GROUP BY 1, 2, 3 HAVING sum((v.now > 0)::int - (v.now > v.change)::int) <> 0;
  RETURN NULL;
END $$;
CREATE TRIGGER tally_calls_{{verb}} AFTER {{verb}} ON calls_call REFERENCING {{tables}}
FOR EACH STATEMENT EXECUTE FUNCTION tally_calls_{{verb}}();
"""
_GONE = f"SELECT -1 AS sign, {_FACTS} FROM gone WHERE {_ALL}"
_CAME = f"SELECT 1 AS sign, {_FACTS} FROM came WHERE {_ALL}"
_NEW, _OLD = "NEW TABLE AS came", "OLD TABLE AS gone"
COUNT = (
    _COUNT.format(verb="insert", changes=_CAME, tables=_NEW)
    + _COUNT.format(verb="delete", changes=_GONE, tables=_OLD)
    + _COUNT.format(verb="update", changes=f"{_GONE} UNION ALL {_CAME}", tables=f"{_OLD} {_NEW}")
)
RECOUNT = f"""
CREATE FUNCTION recount_campaign_tallies() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO campaigns_leadtally (tenant_id, campaign_id, name, reason, n, folded)
  SELECT tenant_id, campaign_id, name, reason, sum(n), false FROM (
    SELECT tenant_id, campaign_id, status AS name, status_reason AS reason, count(*) AS n
      FROM campaigns_campaignlead GROUP BY 1, 2, 3, 4
    UNION ALL SELECT tenant_id, campaign_id, name, reason, -n FROM campaigns_leadtally
     WHERE name NOT IN ('dialed', 'answered', 'talked')) c
   GROUP BY 1, 2, 3, 4 HAVING sum(n) <> 0;
  INSERT INTO campaigns_calltally ({_COLUMNS}, folded)
  SELECT *, false FROM (
    SELECT tenant_id, campaign_id, hour, state, sum(n) AS n, sum(answered) AS answered,
      sum(conversations) AS conversations, sum(timed) AS timed, sum(seconds) AS seconds,
      sum(talked_seconds) AS talked_seconds, sum(cost) AS cost FROM (
        {_SUMS} FROM (SELECT 1 AS sign, {_FACTS} FROM calls_call WHERE {_ALL}) c GROUP BY 1, 2, 3, 4
        UNION ALL SELECT tenant_id, campaign_id, hour, state, -n, -answered, -conversations, -timed, -seconds,
          -talked_seconds, -cost FROM campaigns_calltally) c
     GROUP BY 1, 2, 3, 4) s WHERE {_SOME};
  WITH step AS (
    SELECT tenant_id, campaign_id, campaign_lead_id, sum(dialed) AS dialed, sum(answered) AS answered,
      sum(talked) AS talked FROM (
        SELECT {_FACTS} FROM calls_call WHERE {_ALL} AND campaign_lead_id IS NOT NULL
        UNION ALL SELECT tenant_id, campaign_id, campaign_lead_id, NULL, NULL, -dialed, -answered, -talked, NULL, NULL
          FROM campaigns_leadreach) c
     GROUP BY 1, 2, 3 HAVING {_ANY_STEP.format("")} ORDER BY 3)
  {_REACH};
  INSERT INTO campaigns_leadtally (tenant_id, campaign_id, name, reason, n, folded)
  SELECT tenant_id, campaign_id, name, '', sum(n), false FROM (
    SELECT tenant_id, campaign_id, v.name, v.n FROM campaigns_leadreach, LATERAL (VALUES
      ('dialed', (dialed > 0)::int), ('answered', (answered > 0)::int), ('talked', (talked > 0)::int)) v(name, n)
    UNION ALL SELECT tenant_id, campaign_id, name, -n FROM campaigns_leadtally
     WHERE name IN ('dialed', 'answered', 'talked')) c
   GROUP BY 1, 2, 3 HAVING sum(n) <> 0;
END $$;
"""
FORGET = (
    "".join(
        f"DROP TRIGGER tally_calls_{verb} ON calls_call; DROP FUNCTION tally_calls_{verb}();"
        for verb in ("insert", "update", "delete")
    )
    + "DROP FUNCTION recount_campaign_tallies();"
)


class Migration(migrations.Migration):
    # The first count begins after the triggers are committed: creating them waits for every writer before.
    atomic = False
    dependencies = [("calls", "0005_test_calls"), ("campaigns", "0007_tallies")]
    operations = [
        migrations.RunSQL(COUNT + RECOUNT, FORGET),
        migrations.RunSQL("SELECT recount_campaign_tallies()", migrations.RunSQL.noop),
    ]
