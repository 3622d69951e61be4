"""Counters of campaign leads, kept by the database: every statement appends what it changed.

The first count is made by calls/0006, when both tables are watched.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import core.scope

_COUNT = """
CREATE FUNCTION tally_leads_{verb}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO campaigns_leadtally (tenant_id, campaign_id, name, reason, n, folded)
  SELECT tenant_id, campaign_id, status, status_reason, sum(sign), false FROM ({changes}) c
   GROUP BY 1, 2, 3, 4 HAVING sum(sign) <> 0;
  RETURN NULL;
END $$;
CREATE TRIGGER tally_leads_{verb} AFTER {verb} ON campaigns_campaignlead REFERENCING {tables}
FOR EACH STATEMENT EXECUTE FUNCTION tally_leads_{verb}();
"""
_GONE = "SELECT tenant_id, campaign_id, status, status_reason, -1 AS sign FROM gone"
_CAME = "SELECT tenant_id, campaign_id, status, status_reason, 1 AS sign FROM came"
_NEW, _OLD = "NEW TABLE AS came", "OLD TABLE AS gone"
COUNT = (
    _COUNT.format(verb="insert", changes=_CAME, tables=_NEW)
    + _COUNT.format(verb="delete", changes=_GONE, tables=_OLD)
    + _COUNT.format(verb="update", changes=f"{_GONE} UNION ALL {_CAME}", tables=f"{_OLD} {_NEW}")
)
FOLD = """
CREATE FUNCTION fold_campaign_tallies() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  leads integer;
  calls integer;
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtext('fold_campaign_tallies')) THEN
    RETURN 0;
  END IF;
  WITH due AS (SELECT DISTINCT campaign_id, tenant_id FROM campaigns_leadtally WHERE NOT folded),
  taken AS (DELETE FROM campaigns_leadtally t USING due
    WHERE t.tenant_id = due.tenant_id AND t.campaign_id = due.campaign_id RETURNING t.*)
  INSERT INTO campaigns_leadtally (tenant_id, campaign_id, name, reason, n, folded)
  SELECT tenant_id, campaign_id, name, reason, sum(n), true FROM taken GROUP BY 1, 2, 3, 4 HAVING sum(n) <> 0;
  GET DIAGNOSTICS leads = ROW_COUNT;
  WITH due AS (SELECT DISTINCT campaign_id, hour, tenant_id FROM campaigns_calltally WHERE NOT folded),
  taken AS (DELETE FROM campaigns_calltally t USING due
    WHERE t.tenant_id = due.tenant_id AND t.campaign_id = due.campaign_id AND t.hour = due.hour RETURNING t.*)
  INSERT INTO campaigns_calltally (tenant_id, campaign_id, hour, state, n, answered, conversations, timed, seconds,
    talked_seconds, cost, folded)
  SELECT tenant_id, campaign_id, hour, state, sum(n), sum(answered), sum(conversations), sum(timed), sum(seconds),
    sum(talked_seconds), sum(cost), true
    FROM taken GROUP BY 1, 2, 3, 4
  HAVING (sum(n), sum(answered), sum(conversations), sum(timed), sum(seconds), sum(talked_seconds), sum(cost))
    IS DISTINCT FROM (0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::numeric, 0::numeric, 0::numeric);
  GET DIAGNOSTICS calls = ROW_COUNT;
  RETURN leads + calls;
END $$;
"""
VACUUM = "".join(
    f"ALTER TABLE {table} SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);"
    for table in ("campaigns_leadtally", "campaigns_calltally")
)
FORGET = (
    "".join(
        f"DROP TRIGGER tally_leads_{verb} ON campaigns_campaignlead; DROP FUNCTION tally_leads_{verb}();"
        for verb in ("insert", "update", "delete")
    )
    + "DROP FUNCTION fold_campaign_tallies();"
)


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_expired_holds'),
        ('campaigns', '0006_lists_by_import'),
        ('contacts', '0006_email_length'),
        ('leads', '0004_submissions_everywhere'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CallTally',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('campaign_id', models.UUIDField()),
                ('folded', models.BooleanField(default=False)),
                ('hour', models.DateTimeField()),
                ('state', models.CharField(max_length=16)),
                ('n', models.IntegerField()),
                ('answered', models.IntegerField()),
                ('conversations', models.IntegerField()),
                ('timed', models.IntegerField()),
                ('seconds', models.BigIntegerField()),
                ('talked_seconds', models.BigIntegerField()),
                ('cost', models.DecimalField(decimal_places=4, max_digits=16)),
            ],
            options={
                'verbose_name_plural': 'call tallies',
            },
        ),
        migrations.CreateModel(
            name='LeadReach',
            fields=[
                ('campaign_lead_id', models.UUIDField(primary_key=True, serialize=False)),
                ('campaign_id', models.UUIDField()),
                ('dialed', models.IntegerField()),
                ('answered', models.IntegerField()),
                ('talked', models.IntegerField()),
            ],
            options={
                'verbose_name_plural': 'lead reaches',
            },
        ),
        migrations.CreateModel(
            name='LeadTally',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('campaign_id', models.UUIDField()),
                ('folded', models.BooleanField(default=False)),
                ('name', models.CharField(max_length=10)),
                ('reason', models.CharField(max_length=60)),
                ('n', models.IntegerField()),
            ],
            options={
                'verbose_name_plural': 'lead tallies',
            },
        ),
        migrations.AddField(
            model_name='calltally',
            name='tenant',
            field=models.ForeignKey(db_constraint=False, db_index=False, default=core.scope.open_tenant_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.tenant'),
        ),
        migrations.AddField(
            model_name='leadreach',
            name='tenant',
            field=models.ForeignKey(db_constraint=False, db_index=False, default=core.scope.open_tenant_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.tenant'),
        ),
        migrations.AddField(
            model_name='leadtally',
            name='tenant',
            field=models.ForeignKey(db_constraint=False, db_index=False, default=core.scope.open_tenant_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.tenant'),
        ),
        migrations.AddIndex(
            model_name='calltally',
            index=models.Index(fields=['tenant', 'campaign_id', 'hour'], name='call_tally_of_campaign'),
        ),
        migrations.AddIndex(
            model_name='calltally',
            index=models.Index(condition=models.Q(('folded', False)), fields=['campaign_id', 'hour'], name='call_tally_unfolded'),
        ),
        migrations.AddIndex(
            model_name='leadreach',
            index=models.Index(condition=models.Q(('answered__gt', 0)), fields=['tenant', 'campaign_id'], name='lead_reach_answered'),
        ),
        migrations.AddIndex(
            model_name='leadtally',
            index=models.Index(fields=['tenant', 'campaign_id'], name='lead_tally_of_campaign'),
        ),
        migrations.AddIndex(
            model_name='leadtally',
            index=models.Index(condition=models.Q(('folded', False)), fields=['campaign_id'], name='lead_tally_unfolded'),
        ),
        migrations.RunSQL(COUNT + FOLD + VACUUM, FORGET),
    ]
