from calls.providers.base import CallStatus, RateLimited, Rejected


def test_statuses_only_move_up_in_rank():
    ranks = [status.rank for status in (CallStatus.INITIATED, CallStatus.RINGING, CallStatus.IN_PROGRESS)]
    assert ranks == sorted(ranks)
    assert CallStatus.ENDED.rank > max(ranks)


def test_a_rate_limit_tells_how_long_to_wait():
    assert "2.5 s" in RateLimited(2.5).detail
    assert RateLimited(2.5).retry_after == 2.5


def test_a_rejection_without_words_is_named_by_its_code():
    assert Rejected("invalid_number").detail == "invalid_number"
