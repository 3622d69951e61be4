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
