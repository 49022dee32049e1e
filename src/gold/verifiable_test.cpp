#include "gold/verifiable.h"

#include <doctest/doctest.h>

#include "gold/scorer.h"
#include "support/scratch.h"

using namespace selfreward;

namespace {
Requirement requirement(const std::string& json) {
  return parse_json(json, "test").get<Requirement>();
}
bool met(const std::string& json, const std::string& answer) {
  return check_requirement(requirement(json), answer).met;
}
VerifiableResult result(const std::string& list, const std::string& answer) {
  return check_requirements(parse_json(list, "test").get<Requirements>(), "Write about tea.", answer);
}
fs::path file_of(const std::string& name, const std::string& text) {
  const fs::path path = scratch(name);
  write_file_atomically(path, text);
  return path;
}
}  // namespace

TEST_CASE("each kind tells answers that meet it from those that nearly do") {
  struct Case {
    const char* requirement;
    std::vector<std::string> good, bad;
  };
  const std::vector<Case> cases = {
      {R"({"kind":"sentences","min":2,"max":2})",
       {"One. Two.", "E.g. this. Then 2.5."},
       {"One.", "A. B! C?"}},
      {R"({"kind":"sentences","max":2})", {"", "One. Two."}, {"One. Two. Three"}},
      {R"({"kind":"sentences","min":2})", {"One. Two. Three."}, {"One, two, e.g. three."}},
      {R"({"kind":"words","min":2,"max":3})", {"one two", "- a\n- b c"}, {"one", "a b c d"}},
      {R"({"kind":"paragraphs","min":2,"max":2})", {"a\n\nb", "a\r\n\r\nb"}, {"a\nb", "a\n\nb\n\nc"}},
      {R"({"kind":"bullets","min":2,"max":2})",
       {"- a\n- b", "Here:\n\n\u2022 a\n\u2022 b"},
       {"1. a\n2. b", "- a"}},
      {R"({"kind":"numbered","min":2,"max":2})",
       {"1. a\n2. b", "1) a\n2) b"},
       {"- a\n- b", "1. a\n2. b\n3. c"}},
      {R"({"kind":"placeholders","min":2})", {"[name] and [date]"}, {"[name]", "[[name]] [[date]]"}},
      {R"({"kind":"include","words":["river"]})",
       {"The RIVER.", "a river's bed", "\"river\""},
       {"rivers", "", "driver"}},
      {R"({"kind":"include","words":["a","don't"]})", {"a: don\u2019t"}, {"a: dont", "don't"}},
      {R"({"kind":"exclude","words":["very"]})", {"every", ""}, {"Very good", "very, very"}},
      {R"({"kind":"exclude","words":["c++"]})", {"cpp"}, {"I use C++."}},
      {R"({"kind":"lower_case"})", {"all small, 5 \u00E9"}, {"One capital", "\u00C9t\u00E9", "123"}},
      {R"({"kind":"upper_case"})", {"ALL 5 CAPITALS", "\u00C9T\u00C9"}, {"NEARLy", "\u00C9t\u00C9", "!"}},
      {R"({"kind":"title"})",
       {"[[My day]]\nText", "**[[My day]]**"},
       {"[My day]", "[[]]", "<<My day>>", "[[5\n]]"}},
      {R"({"kind":"heading"})", {"# My day\nText", "\n## My day"}, {"Text\n# My day", "#tag", "My day"}},
      {R"({"kind":"json","words":["a","b"]})",
       {R"({"a":1,"b":[]})", "```json\n{\"b\":1,\r\n\"a\":2}\n```", "```\n{\"a\":1,\"b\":2}\n```"},
       {R"({"a":1})", R"({"a":1,"b":2,"c":3})", R"(Here: {"a":1,"b":2})", R"([{"a":1,"b":2}])",
        R"({"a":1,"b":2)", "```json\n{\"a\":1,\"b\":2}\n```\nDone.", "", std::string(100000, '[')}},
      {R"({"kind":"starts_with","text":"In short"})",
       {"In short, tea.", "**in short** tea", "\u201CIn short\u201D"},
       {"Well, in short", "In shorts", "In"}},
      {R"({"kind":"ends_with","text":"?"})",
       {"Why?", "\u201CWhy?\u201D", "**Why?**\n"},
       {"Why? So.", "", "?no"}},
      {R"({"kind":"ends_with","text":"That is all."})",
       {"Tea. That is all.", "that is all", "\"That is all!\"", "Tea.\u3000That\u3000is\u3000all"},
       {"That is all. Bye.", "What that is allowed", "Tea."}},
      {R"({"kind":"ends_with","text":"Et vous ?"})", {"Oui. Et vous?", "Et vous"}, {"Vous ?"}},
      {R"({"kind":"language","text":"fr"})",
       {"Le thé est une boisson que tout le monde aime."},
       {"The tea is a drink that all of us like.", "El té es una bebida que me gusta.", "thé"}},
      {R"({"kind":"no_repetition"})",
       {"I like tea. You like tea too.", ""},
       {"I like tea. I like tea.", "we go on and we go on and we go on and we go on and on"}},
      {R"({"kind":"forbid","text":","})", {"One; two.", ""}, {"One, two.", "1,5"}},
      {R"({"kind":"choice","words":["My answer is yes.","My answer is no."]})",
       {"My answer is yes. It is late.", "**my answer is no.**"},
       {"Yes.", "My answer is yes. My answer is no.", "My answer is yes and no"}},
  };
  for (const Case& c : cases) {
    for (const std::string& answer : c.good) CHECK_MESSAGE(met(c.requirement, answer), c.requirement, answer);
    for (const std::string& answer : c.bad) CHECK_MESSAGE(!met(c.requirement, answer), c.requirement, answer);
  }
}

TEST_CASE("the evidence quotes what in the answer decides") {
  struct Case {
    const char *requirement, *answer, *evidence;
  };
  const std::vector<Case> cases = {
      {R"({"kind":"sentences","max":2})", "The sea is deep. We swim in it daily. Fish!",
       "1 The sea is; 2 We swim in; 3 Fish!; 3 counted, more than 2"},
      {R"({"kind":"sentences","max":1})", "The sea is deep. We swim in it daily. Fish!",
       "1 The sea is; 2 We swim in; 2 counted, more than 1"},
      {R"({"kind":"sentences","min":1})", "The sea is deep. We swim in it daily.",
       "1 The sea is; 1 counted, as many as 1"},
      {R"({"kind":"sentences","max":2})", "", "0 counted, less than 2"},
      {R"({"kind":"paragraphs","min":2,"max":2})", "[[T]]\n\nOne and two and.\n\nThree.",
       "1 One and two; 2 Three.; 2 counted, as many as 2"},
      {R"({"kind":"bullets","min":1,"max":2})", "- red apples here\n\u2022 pears",
       "1 red apples; 2 pears; 2 counted, between 1 and 2"},
      {R"({"kind":"numbered","min":2,"max":2})", "1. **red** apples\n**2.** pears",
       "1 **red** apples; 2 pears; 2 counted, as many as 2"},
      {R"({"kind":"placeholders","min":2})", "Dear [first name], see you.",
       "1 [first name]; 1 counted, less than 2"},
      {R"({"kind":"words","max":7})", "one two three four five six",
       "one two three four five (5) six; 6 counted, less than 7"},
      {R"({"kind":"words","max":4})", "one two three four five six",
       "one two three four five (5); 5 counted, more than 4"},
      {R"({"kind":"words","min":2})", "1. one\n2. two\n3. three", "one two; 2 counted, as many as 2"},
      {R"({"kind":"words","min":1,"max":2})", "one two three", "one two three; 3 counted, more than 2"},
      {R"({"kind":"include","words":["river","tea"]})", "The rivers, a \"River\" too.",
       "river: \"\"River\"\"; tea: not found"},
      {R"({"kind":"include","words":["river","tea"]})", "Rivers, steaming.",
       "river: only in \"Rivers,\"; tea: only in \"steaming.\""},
      {R"({"kind":"exclude","words":["very"]})", "So very\ngood", "very: \"very\""},
      {R"({"kind":"exclude","words":["very"]})", "So every", "very: only in \"every\""},
      {R"({"kind":"lower_case"})", "all of McDonald\u2019s", "capital in \"McDonald's\""},
      {R"({"kind":"lower_case"})", "all small", "no capital"},
      {R"({"kind":"upper_case"})", "ALL BUt", "small letter in \"BUt\""},
      {R"({"kind":"upper_case"})", "123", "no letter"},
      {R"({"kind":"title"})", "**[[My day]]** was", "found [[My day]]"},
      {R"({"kind":"title"})", "My day", "not found"},
      {R"({"kind":"heading"})", "# My long and good day\nText", "first line \"# My long and\""},
      {R"({"kind":"json","words":["a"]})", R"({"b":1,"a":2})", R"(keys "b", "a")"},
      {R"({"kind":"json","words":["a"]})", R"({"a": "it goes on)", R"(broken JSON, ends "goes on")"},
      {R"({"kind":"json","words":["a"]})", "Here is the data", R"(no JSON, starts "Here is the")"},
      {R"({"kind":"json","words":["a"]})", "[1]", "no object"},
      {R"({"kind":"starts_with","text":"In short"})", "Well, in short it is", "starts \"Well, in short\""},
      {R"({"kind":"ends_with","text":"?"})", "Is it so? Yes.", "so? Yes.; last Yes.; wanted ?; differs"},
      {R"({"kind":"ends_with","text":"?"})", "Yes, it is. Is it?",
       "Yes, is. it?; last it?; wanted ?; agrees"},
      {R"({"kind":"ends_with","text":"That is all."})", "- Tea\n- red (wine)\nSo it",
       "Tea (wine) it; last (wine) So it; wanted That is all.; differs"},
      {R"({"kind":"ends_with","text":"That is all."})", "Tea. That is all",
       "Tea. all; last That is all; wanted That is all.; agrees"},
      {R"({"kind":"ends_with","text":"That is all."})", "Tea. I drink it \"all!\"",
       "Tea. \"all!\"; last drink it \"all!\"; wanted That is all.; differs"},
      {R"({"kind":"ends_with","text":"That is all."})", "", "no marks; last ; wanted That is all.; differs"},
      {R"({"kind":"language","text":"fr"})", "Le th\u00e9 est une boisson que tout le monde aime.",
       "\"Le th\u00e9 est une\" is French"},
      {R"({"kind":"no_repetition"})", "I like all the tea. You too. I like all the tea.",
       "twice \"I like all the\""},
      {R"({"kind":"no_repetition"})", "I like tea.", "nothing twice"},
      {R"({"kind":"forbid","text":","})", "One. Two, three, four.", "One. Two,; found"},
      {R"({"kind":"forbid","text":","})", "One: it's (two). Well-known!",
       "One: (two). Well-known!; not found"},
      {R"({"kind":"forbid","text":"?"})", "One", "no marks; not found"},
      {R"({"kind":"forbid","text":"&"})", "Salt & pepper", "found in \"&\""},
      {R"({"kind":"forbid","text":"&"})", "Salt", "not found"},
      {R"({"kind":"choice","words":["Yes it is.","No."]})", "yes it is. No.",
       "found \"Yes it is.\" and \"No.\""},
      {R"({"kind":"choice","words":["Yes it is.","No."]})", "maybe", "not found"},
  };
  for (const Case& c : cases)
    CHECK_MESSAGE(check_requirement(requirement(c.requirement), c.answer).evidence == c.evidence,
                  c.requirement);
}

TEST_CASE("a miss is told in words") {
  const auto found = result(R"([{"kind":"sentences","max":1},{"kind":"include","words":["tea","milk"]},
    {"kind":"exclude","words":["very"]},{"kind":"ends_with","text":"?"}])",
                            "Tea is very good. So it is.");
  CHECK(found.misses() == std::vector<std::string>{"2 sentences, wanted at most 1 sentences",
                                                   "no \"milk\", wanted the words \"tea\" and \"milk\"",
                                                   "\"very\", wanted no \"very\"",
                                                   "an end with \"is.\", wanted an end with \"?\""});
  CHECK(found.share() == 0);
}

TEST_CASE("the share counts what is met, and an empty or degenerate answer meets nothing") {
  const std::string list = R"([{"kind":"sentences","max":2},{"kind":"exclude","words":["very"]}])";
  CHECK(result(list, "Tea is good.").all_met());
  CHECK(result(list, "Tea is very good.").share() == 0.5);
  const std::string weighted =
      R"([{"kind":"sentences","max":2},{"kind":"exclude","words":["very"],"weight":3}])";
  CHECK(result(weighted, "Tea is very good.").share() == 0.25);
  CHECK(result(list, "").share() == 0);
  CHECK(result(list, "Tea.").share() == 0);
  CHECK(result(list, "tea tea tea tea tea tea").share() == 0);
  CHECK(result(list, "tea tea tea tea").misses() == std::vector<std::string>{"the same words over and over"});
  CHECK(result(list, "Write about tea. So I do.").misses() ==
        std::vector<std::string>{"the prompt said again"});
}

TEST_CASE("requirements survive a round trip") {
  for (const char* text : {R"({"kind":"words","min":2,"max":3})", R"({"kind":"title"})",
                           R"({"kind":"include","words":["a b","c"]})", R"({"kind":"forbid","text":","})",
                           R"({"kind":"title","wording":"Give it a title."})"})
    CHECK(Json(requirement(text)).dump() == text);
}

TEST_CASE("a wrong requirement is refused with what is wrong") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"("title")", "wanted an object with a kind"},
      {R"({"kind":"sentence","max":1})", "unknown kind 'sentence'; did you mean 'sentences'?"},
      {R"({"kind":"sentences"})", "sentences needs min, max or both"},
      {R"({"kind":"sentences","min":3,"max":2})", "min 3 is above max 2"},
      {R"({"kind":"sentences","max":-1})", "max is -1, wanted a whole number"},
      {R"({"kind":"sentences","max":"2"})", "max is \"2\", wanted a whole number"},
      {R"({"kind":"title","text":"x"})", "title has the key 'text', which it does not take"},
      {R"({"kind":"include","words":[]})", "include needs words"},
      {R"({"kind":"include","words":[" "]})", "wanted a text that is not empty"},
      {R"({"kind":"forbid"})", "forbid needs text"},
      {R"({"kind":"title","weight":-1})", "title: weight is -1, wanted a number above 0"},
      {R"({"kind":"language","text":"xx"})", "language 'xx' is not known; known are en, de, es, fr, it"},
  };
  for (const auto& [text, message] : cases)
    CHECK_THROWS_WITH_AS(requirement(text), doctest::Contains(message.c_str()), Error);
}

TEST_CASE("gold rules may say that prompts carry their requirements") {
  file_of("a.jsonl",
          R"({"id":"a","prompt":"Write about tea.","requirements":[{"kind":"include","words":["tea"]},)"
          R"({"kind":"sentences","max":1}]})"
          "\n\n");
  const GoldScorer gold = GoldScorer::load(file_of("gold.yaml", "max_score: 5\nrequirements: [a.jsonl]\n"));
  CHECK(gold.max_score() == 5);
  CHECK(gold.score("Write about tea.\n", "I like tea.") == 5);
  CHECK(gold.score("Write about tea.", "I like tea. You too.") == 2.5);
  CHECK(gold.score("Write about tea.", "tea") == 0);
  CHECK(!gold.score("Write about milk.", "I like tea."));
  CHECK(gold.misses("Write about tea.", "I like milk.") ==
        std::vector<std::string>{"no \"tea\", wanted the word \"tea\""});
  CHECK(gold.misses("Write about milk.", "I like milk.").empty());
}

TEST_CASE("a mistake in the files of gold rules names file, line and reason") {
  file_of("bad.jsonl", "{\"id\":\"a\",\"prompt\":\"x\",\"requirements\":[{\"kind\":\"titel\"}]}\n");
  file_of("nameless.jsonl", "{\"prompt\":\"x\",\"requirements\":[{\"kind\":\"title\"}]}\n");
  file_of("none.jsonl", "{\"id\":\"a\",\"prompt\":\"x\",\"requirements\":[]}\n");
  file_of("two.jsonl",
          "{\"id\":\"a\",\"prompt\":\"x\",\"requirements\":[{\"kind\":\"title\"}]}\n"
          "{\"id\":\"b\",\"prompt\":\"x\",\"requirements\":[{\"kind\":\"heading\"}]}\n");
  const auto load = [](const std::string& text) { GoldScorer::load(file_of("gold.yaml", text)); };
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"max_score: 5\nrequirements: [bad.jsonl]", "bad.jsonl, line 1: [requirements]"},
      {"max_score: 5\nrequirements: [nameless.jsonl]",
       "nameless.jsonl, line 1: key 'id' not found; wanted id, prompt and requirements"},
      {"max_score: 5\nrequirements: [none.jsonl]", "'a' has no requirements"},
      {"max_score: 5\nrequirements: [two.jsonl]", "'b' asks for something else"},
      {"max_score: 5\nrequirements: [nowhere.jsonl]", "nowhere.jsonl"},
      {"max_score: 5\nrequirements: []", "names no file with a prompt"},
      {"requirements: [a.jsonl]", ": max_score is missing, expected a number"},
      {"max_score: 5\nrequirements: [a.jsonl]\nrules: []", "unknown key 'rules'"},
  };
  for (const auto& [text, message] : cases)
    CHECK_THROWS_WITH_AS(load(text), doctest::Contains(message.c_str()), Error);
}

TEST_CASE("a kind in its finer division: by end, mark and language, and what is none of the rules as it is") {
  const auto sort = [](const char* item) { return sort_of(Json::parse(item)); };
  CHECK(sort(R"({"kind":"words","max":3})") == "words at most");
  CHECK(sort(R"({"kind":"sentences","min":2,"max":2})") == "sentences exactly");
  CHECK(sort(R"({"kind":"forbid","text":","})") == "forbid ,");
  CHECK(sort(R"({"kind":"forbid","text":"river"})") ==
        "forbid");  // every word a kind of its own could not be balanced
  CHECK(sort(R"({"kind":"language","text":"fr"})") == "language fr");
  CHECK(sort(R"({"kind":"tone","wording":"Be kind."})") == "tone");
  CHECK(sort(R"("Be kind.")").empty());
  CHECK(sort(R"({"kind":"words","wording":"Uses short words."})") == "words");
}
