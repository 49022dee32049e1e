"""The 24 rows of text that make_trl_golden.py trains on; lengths differ so that token weighting shows."""

# (prompt, better answer, worse answer)
ROWS = [
    ("What is the capital of France?", "Paris.", "The capital of France is a city, and I like cities."),
    ("Count from one to five.", "1, 2, 3, 4, 5.", "one five"),
    ("Why is the sky blue?", "Air scatters blue light more than red light.", "Because it is."),
    ("Say hello.", "Hello! How can I help you today?", "no"),
    ("Name a river.", "The Loire.", "River is a word of five letters and I will not name one."),
    ("What is 2 + 2?", "4", "2 + 2 is 5, as everyone knows."),
    ("Tell me a very short story.", "A road wanted to be a river. It rained.", "Story."),
    ("Translate 'water' to French.", "eau", "It is water, of course, in every language."),
    ("Give me a word that rhymes with 'cat'.", "Hat.", "Dog, because dogs and cats live together."),
    ("Is the earth flat?", "No. It is very nearly a sphere.", "Yes."),
    ("Who wrote this?", "A language model wrote this.", "I do not know, sorry, ask me again tomorrow."),
    ("Please list two colours.", "Red and green.", "Colours are nice to look at."),
    ("How many days are in a week?", "Seven.", "It depends on the week; some weeks feel longer."),
    ("What do bees make?", "Bees make honey and wax.", "Noise"),
    ("Write one line of a poem.", "The moon walks home across the water.", "poem poem poem poem poem"),
    ("Which is larger, 7 or 12?", "12 is larger.", "7"),
    ("What is ice?", "Water that is cold enough to be solid.", "Ice is ice."),
    ("Finish the sentence: the dog", "barked at the postman.", "the dog the dog the dog the dog"),
    ("Can you help me?", "Yes, tell me what you need.", "Maybe."),
    ("Spell 'answer'.", "a-n-s-w-e-r", "anser"),
    ("Name the first month of the year.", "January", "The first month is the month that comes first."),
    ("What is the opposite of up?", "Down.", "Upside down, or sideways, or perhaps nothing at all."),
    ("How do I boil an egg?", "Put it into boiling water for eight minutes.", "You ask a cook."),
    ("Say goodbye in Spanish.", "¡Adiós!", "goodbye in Spanish"),
]
SYSTEM_TEXT = "You are a helpful assistant."
EARLIER_TURNS = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "Hello!"}]


def prompt_messages(index):
    """Row `index` as a prompt: every fourth has a system text, every sixth an earlier exchange."""
    system = [{"role": "system", "content": SYSTEM_TEXT}] if index % 4 == 1 else []
    earlier = EARLIER_TURNS if index % 6 == 3 else []
    return system + earlier + [{"role": "user", "content": ROWS[index][0]}]


def answer(text):
    return [{"role": "assistant", "content": text}]


def sft_rows():
    return [{"prompt": prompt_messages(i), "completion": answer(row[1])} for i, row in enumerate(ROWS)]


def dpo_rows():
    return [
        {"prompt": prompt_messages(i), "chosen": answer(row[1]), "rejected": answer(row[2])}
        for i, row in enumerate(ROWS)
    ]
