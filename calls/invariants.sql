-- Each question must find nothing. One tenant at a time, under row-level security or with it as a parameter.

-- I1lead: a campaign lead has at most one live attempt
SELECT campaign_lead_id FROM calls_call
WHERE tenant_id = %(tenant)s AND campaign_lead_id IS NOT NULL AND dial_state IN ('reserved', 'dialing', 'placed', 'unknown')
GROUP BY campaign_lead_id HAVING count(*) > 1;

-- I1phone: a number is on at most one line
SELECT phone_number FROM calls_call
WHERE tenant_id = %(tenant)s AND dial_state IN ('reserved', 'dialing', 'placed', 'unknown')
GROUP BY phone_number HAVING count(*) > 1;

-- I2campaign: a campaign has no more live attempts than its highest cap still in force
SELECT c.id FROM campaigns_campaign c JOIN calls_call a ON a.campaign_id = c.id
WHERE c.tenant_id = %(tenant)s AND a.dial_state IN ('reserved', 'dialing', 'placed', 'unknown')
GROUP BY c.id, c.cap_high_water HAVING count(*) > c.cap_high_water;

-- I3: nobody is tried more often than the campaign allows, agreed callbacks aside
SELECT a.campaign_lead_id FROM calls_call a JOIN campaigns_campaign c ON c.id = a.campaign_id
WHERE a.tenant_id = %(tenant)s AND NOT a.is_callback AND a.dial_state <> 'reserved'
GROUP BY a.campaign_lead_id, c.max_retries HAVING count(*) > c.max_retries + 1;

-- I4inflight: a lead in flight has a live attempt
SELECT l.id FROM campaigns_campaignlead l
WHERE l.tenant_id = %(tenant)s AND l.status IN ('queued', 'dialing', 'in_call')
  AND NOT EXISTS (SELECT 1 FROM calls_call a WHERE a.campaign_lead_id = l.id AND a.dial_state <> 'ended');

-- I4waiting: a lead that waits knows until when
SELECT l.id FROM campaigns_campaignlead l
WHERE l.tenant_id = %(tenant)s AND l.status IN ('pending', 'retry_wait', 'callback') AND l.next_attempt_at IS NULL;

-- I4final: a lead that is not called any more says why
SELECT l.id FROM campaigns_campaignlead l
WHERE l.tenant_id = %(tenant)s AND l.status IN ('done', 'blocked', 'exhausted') AND l.status_reason = '';

-- I4lease: the sweep is alive: no live attempt is long past its lease
SELECT id FROM calls_call
WHERE tenant_id = %(tenant)s AND dial_state <> 'ended'
  AND (lease_until IS NULL OR lease_until < now() - interval '5 minutes');

-- I5balance: a purse holds what its entries sum to
SELECT a.id FROM accounts_ledgeraccount a LEFT JOIN accounts_ledgerentry e ON e.account_id = a.id
WHERE a.tenant_id = %(tenant)s GROUP BY a.id, a.balance, a.held
HAVING a.balance <> coalesce(sum(e.amount), 0) OR a.held <> coalesce(sum(e.held_delta), 0);

-- I5held: minutes are held for live calls and for nothing else
SELECT e.key FROM accounts_ledgerentry e
WHERE e.tenant_id = %(tenant)s AND e.key LIKE 'hold:call:%%'
  AND NOT EXISTS (SELECT 1 FROM accounts_ledgerentry s
                  WHERE s.account_id = e.account_id AND s.key = replace(e.key, 'hold:', 'settle:'))
  AND NOT EXISTS (SELECT 1 FROM calls_call a
                  WHERE 'hold:call:' || a.id::text = e.key AND a.dial_state IN ('dialing', 'placed', 'unknown'));

-- I6suppressed: nobody on the workspace's do-not-call list was dialled after being listed
SELECT a.id FROM calls_call a JOIN campaigns_suppression s
  ON s.tenant_id = a.tenant_id AND s.phone_number = a.phone_number AND s.campaign_id IS NULL
WHERE a.tenant_id = %(tenant)s AND a.started_at > s.created_at + interval '1 second';

-- I6queued: nobody on the do-not-call list waits to be called
SELECT l.id FROM campaigns_campaignlead l JOIN campaigns_suppression s
  ON s.tenant_id = l.tenant_id AND s.phone_number = l.phone_number
  AND (s.campaign_id IS NULL OR s.campaign_id = l.campaign_id)
WHERE l.tenant_id = %(tenant)s AND l.status = 'queued';

-- I8: no call points to another workspace's lead
SELECT a.id FROM calls_call a JOIN campaigns_campaignlead l ON l.id = a.campaign_lead_id
WHERE a.tenant_id = %(tenant)s AND l.tenant_id <> a.tenant_id;

-- I9leads: the counters of leads equal the leads
SELECT c.campaign_id FROM (
  SELECT campaign_id, status AS name, status_reason AS reason, count(*) AS n FROM campaigns_campaignlead
   WHERE tenant_id = %(tenant)s GROUP BY 1, 2, 3
  UNION ALL SELECT campaign_id, name, reason, -n FROM campaigns_leadtally
   WHERE tenant_id = %(tenant)s AND name NOT IN ('dialed', 'answered', 'talked')) c
GROUP BY c.campaign_id, c.name, c.reason HAVING sum(c.n) <> 0;

-- I9calls: the counters of calls equal the calls
SELECT c.campaign_id FROM (
  SELECT campaign_id, date_trunc('hour', created_at, 'UTC') AS hour,
    CASE dial_state WHEN 'ended' THEN outcome WHEN 'reserved' THEN 'reserved' ELSE 'live' END AS state, 1 AS n,
    (answered_at IS NOT NULL AND answered_by IN ('', 'human', 'unknown'))::int AS answered,
    (answered_at IS NOT NULL AND answered_by IN ('', 'human', 'unknown') AND outcome = 'completed'
      AND coalesce(duration_seconds, 0) >= 10)::int AS conversations,
    coalesce(duration_seconds, 0) AS seconds, coalesce(cost, 0) AS cost
  FROM calls_call WHERE tenant_id = %(tenant)s AND campaign_id IS NOT NULL AND test_of_id IS NULL
  UNION ALL SELECT campaign_id, hour, state, -n, -answered, -conversations, -seconds, -cost
  FROM campaigns_calltally WHERE tenant_id = %(tenant)s) c
GROUP BY c.campaign_id, c.hour, c.state
HAVING sum(c.n) <> 0 OR sum(c.answered) <> 0 OR sum(c.conversations) <> 0 OR sum(c.seconds) <> 0 OR sum(c.cost) <> 0;

-- I9reached: the counters of dialled, answered and talked-with leads equal the calls
SELECT c.campaign_id FROM (
  SELECT campaign_id, campaign_lead_id, bool_or(dial_state <> 'reserved')::int AS dialed,
    bool_or(answered_at IS NOT NULL AND answered_by IN ('', 'human', 'unknown'))::int AS answered,
    bool_or(answered_at IS NOT NULL AND answered_by IN ('', 'human', 'unknown') AND outcome = 'completed'
      AND coalesce(duration_seconds, 0) >= 10)::int AS talked
  FROM calls_call WHERE tenant_id = %(tenant)s AND campaign_id IS NOT NULL AND test_of_id IS NULL
    AND campaign_lead_id IS NOT NULL GROUP BY 1, 2
  UNION ALL SELECT campaign_id, NULL, -n * (name = 'dialed')::int, -n * (name = 'answered')::int,
    -n * (name = 'talked')::int FROM campaigns_leadtally WHERE tenant_id = %(tenant)s) c
GROUP BY c.campaign_id HAVING sum(c.dialed) <> 0 OR sum(c.answered) <> 0 OR sum(c.talked) <> 0;
