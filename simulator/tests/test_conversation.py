from simulator.conversation import Script, converse, disposition_of
from simulator.outcomes import plan_call

SCRIPT = Script(names={"company": "Northwind", "offer": "phone lines", "person": "Dana", "agent": "Ava"})


def plans(count, number="+121255501{:02d}", first=70, last=99):
    for n in range(count):
        digits = first + n % (last - first + 1)
        yield plan_call(seed="1", number=number.format(digits), attempt=n + 1, ring_timeout=25, max_duration=300)


def test_a_hundred_conversations_do_not_sound_the_same():
    texts = {" ".join(m["content"] for m in converse(plan, SCRIPT).messages) for plan in plans(100)}
    assert len(texts) == 100


def test_each_turn_is_said_in_thirty_ways_or_more():
    openings, reactions = set(), set()
    for plan in plans(400):
        messages = converse(plan, SCRIPT).messages
        openings.add(messages[1]["content"])
        reactions.add(messages[2]["content"])
    assert len(openings) >= 30
    assert len(reactions) >= 30


def test_the_agent_says_that_it_is_an_ai_for_whom_and_that_it_records():
    for plan in plans(60):
        opening = converse(plan, SCRIPT).messages[1]["content"]
        assert "AI" in opening
        assert "Northwind" in opening
        assert "record" in opening


def test_nothing_is_left_unfilled():
    for script in (SCRIPT, Script()):
        for plan in [*plans(150), *plans(40, first=20, last=69)]:
            conversation = converse(plan, script)
            text = " ".join(m["content"] for m in conversation.messages) + conversation.summary
            assert "{" not in text
            assert "there here" not in text
            assert "This is there" not in text


def test_all_wishes_occur_and_have_a_disposition():
    seen = set()
    for n in range(400):
        plan = plan_call(seed="1", number=f"+1312867{n:04d}", attempt=1, ring_timeout=25, max_duration=300)
        seen.add(disposition_of(plan))
        assert (plan.callback_in_minutes is not None) == (plan.wish == "callback")
    assert seen == {"", "interested", "not_interested", "callback", "wrong_number", "do_not_call"}


def test_turns_follow_each_other_in_time_within_the_call():
    for plan in plans(60):
        times = [m["at"] for m in converse(plan, SCRIPT).messages]
        assert times == sorted(set(times))
        assert times[-1] <= plan.talk_seconds
