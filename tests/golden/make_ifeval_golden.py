"""Makes tests/fixtures/ifeval/checks.json: answers of our own, and whether lm_eval's IFEval finds the instruction followed.

Run from anywhere: python tests/golden/make_ifeval_golden.py. Sentences are not among them (NLTK's data for them is no part
of a package), and words are cut as NLTK's tokenizer does it without sentences.
"""

import nltk
from lm_eval.tasks.ifeval import instructions_registry, instructions_util
from nltk.tokenize import NLTKWordTokenizer

from golden import FIXTURES, made_by, write_fixture

PACKAGES = ("lm_eval", "langdetect", "nltk", "immutabledict")

SEA = "The sea is calm today. We walked along the shore, and nobody spoke for an hour."
LETTER = "Dear Anna,\n\nthank you for the bread. It was good.\n\nYours, Tom\n\nP.S. The cat says hello."
ROWS = {
    "punctuation:no_comma": [({}, [SEA, "No marks here.", "Only a semicolon; really."])],
    "keywords:existence": [
        ({"keywords": ["sea", "shore"]}, [SEA, "The SEA and the Shore.", "The season at the seashore.", "Only the sea."])
    ],
    "keywords:forbidden_words": [({"forbidden_words": ["calm", "rain"]}, [SEA, "Calmness is all.", "A calm-minded man.", "RAIN!"])],
    "keywords:frequency": [
        ({"keyword": "the", "relation": "at least", "frequency": 2}, [SEA, "The end.", "then there"]),
        ({"keyword": "the", "relation": "less than", "frequency": 2}, [SEA, "The end.", "none"]),
    ],
    "keywords:letter_frequency": [
        ({"letter": "e", "let_relation": "at least", "let_frequency": 3}, ["Eve sees", "bee", "e E"]),
        ({"letter": "e", "let_relation": "less than", "let_frequency": 3}, ["Eve sees", "bee", "none"]),
    ],
    "length_constraints:number_words": [
        ({"relation": "at least", "num_words": 5}, ["It's a well-known thing.", "one two three four", "a-b-c-d-e"]),
        ({"relation": "less than", "num_words": 5}, ["It's a dog", "one two three four five"]),
    ],
    "length_constraints:number_paragraphs": [
        ({"num_paragraphs": 2}, ["One.\n***\nTwo.", "One. *** Two.", "***\nOne.\n***\nTwo.\n***", "One.\n\nTwo.", "A *** *** B", "A***B***C"])
    ],
    "length_constraints:nth_paragraph_first_word": [
        (
            {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "then"},
            ["First.\n\nThen it rained.", "First.\n\n'Then,' he said", "First.\n\nthen, more\n\nLast", "First.\nThen", "A\n\n\n\nThen b"],
        )
    ],
    "detectable_content:number_placeholders": [
        ({"num_placeholders": 2}, ["[name] at [place]", "[name]", "[[a] b] [c", "[a\nb] [c] [d]"])
    ],
    "detectable_content:postscript": [
        ({"postscript_marker": "P.S."}, [LETTER, "p. s. hello", "PS hello", "Bye. P.S. me"]),
        ({"postscript_marker": "P.P.S"}, ["P.P.S more", "P. P. S. more", "P.S. more"]),
    ],
    "detectable_format:number_bullet_lists": [
        ({"num_bullets": 2}, ["* one\n* two", "- one\n- two\n", "- one\n* two\n- three", "  * a\n\n  - b", "**bold**\n* a\n* b", "text - no\n- a\n- b"])
    ],
    "detectable_format:constrained_response": [({}, ["My answer is yes.", "Well. My answer is maybe. Why?", "my answer is no.", "My answer is yes"])],
    "detectable_format:number_highlighted_sections": [
        ({"num_highlights": 2}, ["*one* and *two*", "**one** only", "* a\n* b", "*one* **", "**one** and **two**", "*a b* c *\nd*"])
    ],
    "detectable_format:multiple_sections": [
        (
            {"section_spliter": "Section", "num_sections": 2},
            ["Section 1\na\nSection 2\nb", "Section 1 a", "Section1 Section2", "SECTION 1 SECTION 2", "Section one Section two"],
        )
    ],
    "detectable_format:json_format": [({}, ['{"a": 1}', '```json\n{"a": [1, 2]}\n```', "{'a': 1}", "```\n[1]\n```", "5", '{"a": 1} done'])],
    "detectable_format:title": [({}, ["<<The sea>>\nIt is calm.", "It is <<calm>> here", "<<>>", "<< >>", "<The sea>", "<<a\nb>>"])],
    "combination:two_responses": [({}, ["One\n******\nTwo", "One******One", "One\n******\n******\nTwo", "One", "******\nOne\n******\nTwo", "A******B******C"])],
    "combination:repeat_prompt": [({"prompt_to_repeat": "Say  hello."}, ["say  hello. Hello!", " Say  hello.", "Hello! Say  hello.", "Say hello."])],
    "startend:end_checker": [
        ({"end_phrase": "Any other questions?"}, ["Yes. Any other questions?", 'Yes. "any other questions?"', "Any other questions? No.", "Any other questions?\n"])
    ],
    "startend:quotation": [({}, ['"So it is."', "\"So it is\".", '"', ' "a" ', "'a'"])],
    "change_case:capital_word_frequency": [
        ({"capital_relation": "at least", "capital_frequency": 2}, ["The NASA and the ESA.", "I AM here", "DON'T", "WELL-KNOWN thing", "A1 b2", "Nothing"]),
        ({"capital_relation": "less than", "capital_frequency": 2}, ["The NASA and I", "the NASA", "it's OK"]),
    ],
    "change_case:english_capital": [({}, ["THIS IS A TEXT ABOUT THE SEA AND THE SHIPS OF THE WORLD.", "This is a text about the sea."])],
    "change_case:english_lowercase": [({}, ["this is a text about the sea and the ships of the world.", "This is a text.", "das ist ein text und der ist nicht sehr lang."])],
    "language:response_language": [
        ({"language": "de"}, ["Das Meer ist heute ruhig, und wir gehen am Strand.", SEA]),
        ({"language": "hi"}, ["यह एक छोटा सा गाँव है और यहाँ के लोग खुश हैं।", "हे एक लहान गाव आहे आणि येथील लोक आनंदी आहेत."]),
        ({"language": "mr"}, ["हे एक लहान गाव आहे आणि येथील लोक आनंदी आहेत."]),
        ({"language": "ru"}, ["Это небольшая деревня, и люди здесь очень счастливы."]),
        ({"language": "bg"}, ["Това е малко село и хората тук са много щастливи от живота си."]),
        ({"language": "fa"}, ["این یک روستای کوچک است و مردم اینجا خوشحال هستند."]),
        ({"language": "ar"}, ["هذه قرية صغيرة والناس هنا سعداء جدا في حياتهم."]),
        ({"language": "ur"}, ["یہ ایک چھوٹا سا گاؤں ہے اور یہاں کے لوگ خوش ہیں۔"]),
        ({"language": "th"}, ["นี่คือหมู่บ้านเล็กๆ และผู้คนที่นี่มีความสุข"]),
        ({"language": "ko"}, ["이곳은 작은 마을이고 사람들은 행복합니다."]),
        ({"language": "vi"}, ["Đây là một ngôi làng nhỏ và mọi người ở đây rất hạnh phúc."]),
        ({"language": "pt"}, ["Esta é uma pequena aldeia e as pessoas aqui são muito felizes com a vida."]),
        ({"language": "fi"}, ["Tämä on pieni kylä ja ihmiset täällä ovat hyvin onnellisia."]),
        ({"language": "sw"}, ["Hiki ni kijiji kidogo na watu wa hapa wana furaha sana katika maisha yao."]),
        ({"language": "ta"}, ["இது ஒரு சிறிய கிராமம், இங்குள்ள மக்கள் மகிழ்ச்சியாக இருக்கிறார்கள்."]),
        ({"language": "te"}, ["ఇది ఒక చిన్న గ్రామం మరియు ఇక్కడి ప్రజలు సంతోషంగా ఉన్నారు."]),
        ({"language": "kn"}, ["ಇದು ಒಂದು ಸಣ್ಣ ಹಳ್ಳಿ ಮತ್ತು ಇಲ್ಲಿನ ಜನರು ಸಂತೋಷವಾಗಿದ್ದಾರೆ."]),
        ({"language": "gu"}, ["આ એક નાનું ગામ છે અને અહીંના લોકો ખુશ છે."]),
        ({"language": "pa"}, ["ਇਹ ਇੱਕ ਛੋਟਾ ਜਿਹਾ ਪਿੰਡ ਹੈ ਅਤੇ ਇੱਥੋਂ ਦੇ ਲੋਕ ਖੁਸ਼ ਹਨ।"]),
        ({"language": "bn"}, ["এটি একটি ছোট গ্রাম এবং এখানকার মানুষ সুখী।"]),
        ({"language": "ne"}, ["यो एउटा सानो गाउँ हो र यहाँका मानिसहरू खुसी छन्।"]),
    ],
}


def is_followed(kind, arguments, answer):
    instruction = instructions_registry.INSTRUCTION_DICT[kind](kind)
    instruction.build_description(**arguments)
    return bool(answer.strip() and instruction.check_following(answer))


def main():
    instructions_util.nltk.word_tokenize = NLTKWordTokenizer().tokenize
    nltk.word_tokenize = NLTKWordTokenizer().tokenize
    rows = []
    for kind, cases in ROWS.items():
        for arguments, answers in cases:
            for answer in answers:
                rows.append({"instruction": kind, "kwargs": arguments, "answer": answer, "followed": is_followed(kind, arguments, answer)})
    write_fixture(FIXTURES / "ifeval" / "checks.json", {"made_by": made_by(__file__, *PACKAGES), "rows": rows})


if __name__ == "__main__":
    main()
