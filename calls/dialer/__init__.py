"""The dialer: claim, intent, place, finish, sweep.

PostgreSQL alone decides. A worker may die at any line and a message may be lost or run twice; what was in
hand is found again by its lease. The order of locks is everywhere: tenant, provider gate, campaign gate,
call, campaign lead, purse.
"""
