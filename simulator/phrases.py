# ruff: noqa: E501 - sentences read best unbroken
"""What people say on the phone. Each turn joins one part of every row, so that few calls sound alike.

`{company}`, `{offer}`, `{agent}` and `{person}` are filled from the request, `{when}` from the plan, and
`{self}` is the name of whoever picked up. A turn of rows with 6, 5 and 4 parts can be said in 120 ways.
"""

Turn = tuple[tuple[str, ...], ...]

FIRST_NAMES = (
    "Dana", "Chris", "Morgan", "Terry", "Robin", "Jamie", "Pat", "Lee", "Sam", "Casey", "Jordan", "Taylor",
    "Maria", "Ravi", "Elena", "Marcus", "Yuki", "Omar", "Grace", "Victor", "Nadia", "Peter", "Ines", "Ben",
)  # fmt: skip

GREETING: Turn = (
    ("Hello?", "Hi.", "Yes?", "Good day.", "Hey.", "Yeah, hello?", "Hello, hello?", "Mm, hello?"),
    ("", " {self} here.", " This is {self}.", " Speaking.", " Who is this?"),
)
INTRODUCTION: Turn = (
    ("Hi {person}, ", "Hello {person}, ", "Good day {person}, ", "Hi, is this {person}? "),
    ("this is {agent}, an AI assistant calling for {company}. ", "I'm {agent}, an AI agent with {company}. "),
    ("This call is recorded. ", "Just so you know, we record this call. ", "The call is being recorded. "),
    (
        "Do you have a minute?",
        "Is now an okay time?",
        "Could I have thirty seconds?",
        "Is this a bad moment?",
    ),
)

REACTION: dict[str, Turn] = {
    "interested": (
        ("Oh, okay. ", "Sure. ", "Yeah, why not. ", "Alright. ", "An AI? Huh, okay. ", "Hm, go on. "),
        ("What is it about?", "I have a couple of minutes.", "Go ahead.", "What have you got?", "Tell me more."),
    ),
    "not_interested": (
        ("Uh, look, ", "Well, ", "Hm, ", "To be honest, ", "Okay, but ", "I mean, "),
        ("what is this about?", "I'm in the middle of something.", "make it quick, please.", "is this a sales call?",
         "I get a lot of these."),
    ),
    "callback": (
        ("Ah, ", "Sorry, ", "Oh, ", "Hey, ", "Listen, ", "Hm, "),
        ("I'm just walking into a meeting.", "I'm driving right now.", "I'm with a customer.", "it's a bit hectic here.",
         "I've got my hands full at the moment.", "I'm about to board a train."),
    ),
    "wants_human": (
        ("Wait, ", "Hold on, ", "Okay, ", "Hm, ", "Sorry, "),
        ("am I talking to a machine?", "so you're not a real person?", "an AI, really?", "is there a person I can talk to?",
         "I don't really do robots.", "did you say AI?"),
    ),
    "wrong_number": (
        ("Who? ", "Sorry? ", "Uh, no. ", "Excuse me? ", "Hm, no. ", "Who are you looking for? "),
        ("I think you have the wrong number.", "There's nobody by that name here.", "You must have misdialed.",
         "I've had this number for two years and that's not me.", "I don't know who that is."),
    ),
    "opt_out": (
        ("No. ", "Not again. ", "Oh no. ", "Listen. ", "Okay, stop. ", "Seriously? "),
        ("I don't want these calls.", "I've asked you people before.", "How did you get this number?",
         "I never agreed to be called.", "I'm on the do-not-call list."),
    ),
}  # fmt: skip

PITCH: Turn = (
    ("Thanks. ", "Great. ", "Of course. ", "I'll be brief. ", "Fair enough. ", "Understood. "),
    ("We're reaching out about {offer}. ", "It's about {offer}. ", "I'm calling about {offer}. "),
    (
        "It saves most teams a few hours a week. ",
        "Businesses like yours use it to win back lost time. ",
        "The usual result is fewer missed customers. ",
        "Most people switch because it is simpler and costs less. ",
    ),
    ("Does that sound useful?", "How do you handle that today?", "Is that something you look at?",
     "Would that matter to you?"),
)  # fmt: skip

TOPICS: dict[str, tuple[Turn, Turn]] = {
    "price": (
        (("Okay. ", "Hm. ", "And ", "Right, but ", "Alright, ", "So, "),
         ("what does it cost?", "how much are we talking?", "what's the price?", "is it expensive?",
          "what would I pay a month?")),
        (("Good question. ", "Sure. ", "That depends a little on size. ", "Happy to tell you. "),
         ("Most customers pay by the month, and there is no setup fee. ", "There are three plans, and you can cancel monthly. ",
          "The first month is free, after that it goes by use. "),
         ("A colleague can send you exact numbers.", "I can have a quote sent to you.", "You'd get it in writing first.")),
    ),
    "current provider": (
        (("Well, ", "Thing is, ", "Hm, ", "Honestly, ", "You know, ", "I mean, "),
         ("we already have someone for that.", "we signed with another company last year.", "we do that in-house.",
          "we've used the same provider for ages.", "our current setup works fine.")),
        (("That makes sense. ", "Many tell us that. ", "I hear that a lot. ", "Good to know. "),
         ("Most of our customers started the same way and ran both for a month. ",
          "We often work beside what is already there. ", "Moving over takes about a day, and we do the work. "),
         ("What would have to be better?", "When does that contract end?", "Are you happy with it?")),
    ),
    "effort": (
        (("And ", "But ", "Okay, and ", "Hm, ", "Right. ", "So "),
         ("how long does it take to set up?", "is it a lot of work for us?", "do we need our own IT for this?",
          "what would we have to do?", "when could it start?")),
        (("Very little. ", "Usually one afternoon. ", "Less than you'd think. ", "It's quick. "),
         ("We bring your data over and show your people around. ", "There's nothing to install. ",
          "A specialist sits with you for the first hour. "),
         ("Most teams are running by the next day.", "You can keep working meanwhile.", "That part is included.")),
    ),
    "source of the number": (
        (("By the way, ", "Can I ask, ", "Hm, ", "Just curious, ", "Before we go on, ", "One thing: "),
         ("where did you get my number?", "how come you have my number?", "did I sign up for this?",
          "who gave you my details?", "did I fill in a form or something?")),
        (("Of course. ", "Fair question. ", "You have every right to ask. ", "Sure. "),
         ("Our records show that you asked {company} for information. ",
          "You left your details with {company} and agreed to a call. ",
          "{company} has you on file as someone who wanted to hear from us. "),
         ("I can have it removed if you like.", "Say the word and we won't call again.", "I can send you the record.")),
    ),
    "references": (
        (("Do you ", "And do you ", "Hm, do you ", "Okay, do you ", "Right, do you ", "But do you "),
         ("have customers around here?", "work with companies our size?", "know our kind of business?",
          "have anyone I could call about it?", "do this for others in our field?")),
        (("Yes. ", "We do. ", "Absolutely. ", "Quite a few. "),
         ("Several are about your size. ", "A good part of our customers are local. ",
          "Most have between five and fifty people. "),
         ("I can have two of them put in touch with you.", "I'll add their stories to the email.",
          "They're glad to take a call.")),
    ),
    "details by email": (
        (("Can you ", "Could you ", "Would you ", "Maybe you can ", "Best if you ", "I'd rather you "),
         ("send me something in writing?", "email me the details?", "put that in an email?",
          "send over a one-pager?", "mail me a link?")),
        (("Certainly. ", "Will do. ", "Gladly. ", "Of course. "),
         ("I'll have it sent to the address we have on file. ", "You'll get a short summary with prices. ",
          "It'll be in your inbox today. "),
         ("It's one page.", "It has a link to a short video too.", "Reply to it with any question.")),
    ),
}  # fmt: skip

WISH: dict[str, Turn] = {
    "interested": (
        ("Okay, ", "Alright, ", "Yeah, ", "You know what, ", "Hm, good. ", "Sure, "),
        ("that sounds interesting.", "I'd like to see it.", "let's talk about it properly.", "that could help us.",
         "I'm curious now."),
        (" Can someone walk me through it?", " What's the next step?", " Let's set up a meeting.", " Send me an invite."),
    ),
    "not_interested": (
        ("Thanks, but ", "Look, ", "No, ", "I'll be straight with you, ", "Sorry, ", "Nah, "),
        ("we're not interested.", "it's not for us.", "we don't need that right now.", "I'm going to pass.",
         "there's no budget for it this year."),
    ),
    "callback": (
        ("Can you ", "Could you ", "Would you mind to ", "Maybe ", "Just "),
        ("call me back {when}?", "try me again {when}?", "ring me {when}?", "phone again {when}?",
         "give me a call {when}?", "get back to me {when}?"),
    ),
    "wants_human": (
        ("I'd rather ", "I'd prefer to ", "I only want to ", "I would like to ", "Let me "),
        ("speak with a person.", "talk to a human about this.", "deal with someone real.", "discuss that with a colleague of yours.",
         "have a real person explain it.", "hear that from someone on your team."),
    ),
    "wrong_number": (
        ("So no, ", "Again, ", "Really, ", "Sorry, ", "Yeah, ", "No, "),
        ("you've got the wrong person.", "that's not me.", "this isn't the number you want.",
         "nobody with that name lives here.", "please fix your list."),
    ),
    "opt_out": (
        ("Please ", "Just ", "I want you to ", "Look, ", "I'm telling you, ", "For the last time, "),
        ("do not call me again.", "take me off your list and do not call me again.", "stop calling this number.",
         "remove my number, do not call me again.", "never call me again."),
    ),
}  # fmt: skip

CLOSING: dict[str, Turn] = {
    "interested": (
        ("Wonderful. ", "Great to hear. ", "Perfect. ", "Lovely. "),
        ("A specialist from {company} will call you to find a time. ", "I'll have a colleague send you an invitation. ",
         "I'll book that with our team, they will be in touch today. "),
        ("Thank you, {person}.", "Have a great day!", "Thanks for your time.", "Talk soon."),
    ),
    "not_interested": (
        ("I understand. ", "That's fine. ", "Thanks for being direct. ", "No problem at all. "),
        ("I've noted it, so we won't bother you about this again. ", "I'll let the team know. ",
         "I'll mark that down. "),
        ("Have a good day.", "All the best.", "Thanks for your time, {person}.", "Goodbye."),
    ),
    "callback": (
        ("Of course. ", "Happy to. ", "No problem. ", "Sure thing. "),
        ("I'll call you {when}. ", "You'll hear from us {when}. ", "I've put it down for {when}. "),
        ("Until then!", "Talk to you then.", "Thanks, {person}.", "Goodbye for now."),
    ),
    "wants_human": (
        ("Certainly. ", "I understand. ", "Of course. ", "That's perfectly fine. "),
        ("A colleague at {company} will call you back. ", "I'll ask one of our people to phone you today. ",
         "I've passed your number to a person on the team. "),
        ("Thank you for your patience.", "Goodbye, {person}.", "Have a good day.", "Thanks."),
    ),
    "wrong_number": (
        ("I'm sorry about that. ", "My apologies. ", "Thanks for telling me. ", "Sorry for the trouble. "),
        ("I'll correct our records. ", "We'll take this number off. ", "I'm marking it as a wrong number now. "),
        ("Goodbye.", "Have a good day.", "Sorry again.", "Take care."),
    ),
    "opt_out": (
        ("I understand, and I'm sorry. ", "Of course. ", "You're right to ask. ", "My apologies. "),
        ("Your number is off our list as of now, nobody from {company} will call it again. ",
         "I've put your number on our do-not-call list. ", "We will not call this number again. "),
        ("Goodbye.", "Sorry for the disturbance.", "All the best.", "Have a good day."),
    ),
}  # fmt: skip

GOODBYE: Turn = (
    ("Bye.", "Okay, bye.", "Thanks, bye.", "Alright, goodbye.", "Bye-bye.", "Cheers, bye.", "Right. Bye."),
)
MAILBOX: Turn = (
    ("Hi, ", "Hello, ", "Sorry, ", "Hey, "),
    ("you've reached the voicemail of {self}. ", "this is {self}'s mailbox. ", "{self} can't come to the phone. ",
     "you've called {self}. "),
    ("Please leave a message after the tone.", "Leave your name and number after the beep.",
     "I'll call you back as soon as I can.", "Leave a message."),
)  # fmt: skip

WHEN: dict[int, tuple[str, ...]] = {
    30: ("in half an hour", "in thirty minutes"),
    60: ("in an hour", "in about an hour"),
    90: ("in an hour and a half", "in ninety minutes"),
    120: ("in two hours", "in a couple of hours"),
    180: ("in three hours", "three hours from now"),
    240: ("in four hours", "in about four hours"),
    1440: ("tomorrow at this time", "this time tomorrow"),
    2880: ("the day after tomorrow", "in two days at this time"),
}

SUMMARY: dict[str, tuple[str, ...]] = {
    "interested": (
        "{person} is interested in {offer} and wants to see it.",
        "{person} wants to hear more about {offer}; a colleague should book a meeting.",
        "Good conversation: {person} asked for the next step on {offer}.",
    ),
    "not_interested": (
        "{person} is not interested in {offer} at this time.",
        "{person} listened and then declined {offer}.",
        "No need for {offer} at present, according to {person}.",
    ),
    "callback": (
        "{person} had no time and asked to be called {when}.",
        "Bad moment for {person}; a call {when} was agreed.",
        "{person} asked us to ring {when}.",
    ),
    "wants_human": (
        "{person} does not want to speak with an AI and asked for a person to call.",
        "{person} asked for a human colleague about {offer}.",
    ),
    "wrong_number": (
        "The number does not belong to {person}.",
        "Wrong number: whoever answered does not know {person}.",
    ),
    "opt_out": (
        "{person} demanded not to be called again; the number must go on the do-not-call list.",
        "{person} opted out of all calls.",
    ),
    "hang_up": ("{person} picked up and hung up within seconds.",),
    "voicemail": ("Reached the voicemail of {person}.",),
}
