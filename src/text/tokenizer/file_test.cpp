// What a tokenizer.json may say: a small valid one, changed in one place.
#include <doctest/doctest.h>

#include "base/json.h"
#include "support/scratch.h"
#include "text/tokenizer/tokenizer.h"

using namespace selfreward;

namespace {

/// Writes a tokenizer.json that is a small valid one with `patch` merged into it, and loads it.
Tokenizer load_patched(const std::string& patch) {
  LookupJson json = LookupJson::parse(R"({"model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2, "c": 3},
      "merges": ["a b"]}, "pre_tokenizer": null, "decoder": {"type": "Fuse"}})");
  json.merge_patch(LookupJson::parse(patch));
  const fs::path dir = scratch_dir();
  write_file_atomically(dir / "tokenizer.json", json.dump());
  return Tokenizer::load(dir);
}

std::string load_error(const std::string& patch) {
  try {
    load_patched(patch);
  } catch (const Error& e) {
    const std::string what = e.what();
    const std::string file = "tokenizer.json: ";
    REQUIRE(what.starts_with("[tokenizer] "));
    return what.substr(what.find(file) + file.size());
  }
  return "(no error)";
}

/// The ids of a text that somebody else wrote.
TokenIds encode_as_text(const Tokenizer& tokenizer, const std::string& text) {
  return tokenizer.encode(text, /*add_special=*/false, {{0, text.size()}});
}

}  // namespace

TEST_CASE("a token can be looked up both ways") {
  const Tokenizer tokenizer =
      load_patched(R"({"added_tokens": [{"id": 6, "content": "<x>", "special": true}]})");
  CHECK(tokenizer.vocab_size() == 7);
  CHECK(tokenizer.token_to_id("ab") == 2);
  CHECK(tokenizer.token_to_id("<x>") == 6);
  CHECK(!tokenizer.token_to_id("abc").has_value());
  CHECK(tokenizer.id_to_token(2) == "ab");
  CHECK(tokenizer.is_special(6));
  CHECK(!tokenizer.is_special(2));
  CHECK(!tokenizer.is_special(-1));
  CHECK(tokenizer.has_token(6));
  CHECK(!tokenizer.has_token(5));
  CHECK(tokenizer.decode({0, 5, 7, 3}) == "ac");
  CHECK_THROWS_WITH_AS(
      tokenizer.id_to_token(5),
      "[tokenizer] the id 5 has no token; the ids of this tokenizer are 0 to 6 (ids of another model?)",
      Error);
  CHECK_THROWS_AS(tokenizer.id_to_token(7), Error);
  CHECK_THROWS_AS(tokenizer.id_to_token(-1), Error);
}

TEST_CASE("what is not supported is an error that names the part and its value") {
  struct Row {
    const char* patch;
    const char* error;
  };
  const Row rows[] = {
      {R"({"normalizer": {"type": "Precompiled", "precompiled_charsmap": "AA=="}})",
       R"(normalizer.type is "Precompiled", which is not supported; supported: NFC, NFD, NFKC, NFKD, Prepend, Replace, Strip, Sequence)"},
      {R"({"pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "Digits"}, {"type": "UnicodeScripts"}]}})",
       R"(pre_tokenizer.pretokenizers[1].type is "UnicodeScripts", which is not supported; supported: ByteLevel, Digits, Metaspace, Punctuation, Split, Whitespace, WhitespaceSplit, Sequence)"},
      {R"({"pre_tokenizer": {"type": "Metaspace", "replacement": "_", "prepend_scheme": "last"}})",
       R"(pre_tokenizer.prepend_scheme is "last", which is not supported; supported: "always", "never", "first")"},
      {R"({"pre_tokenizer": {"type": "Metaspace", "replacement": "_", "prepend_scheme": "first"}, "normalizer": {"type": "Strip"}})",
       R"(pre_tokenizer: prepend_scheme "first" is not supported beside a normalizer that may take characters from the begin of a text)"},
      {R"({"pre_tokenizer": {"type": "Split", "pattern": {"String": "a"}, "behavior": "Gone"}})",
       R"(pre_tokenizer.behavior is "Gone", which is not supported; supported: Isolated, Removed, Contiguous, MergedWithPrevious, MergedWithNext)"},
      {R"({"pre_tokenizer": {"type": "Split", "pattern": {"Regex": "[a&&b]"}, "behavior": "Isolated"}})",
       R"(pre_tokenizer.pattern: the construct '&&' at byte 2 of the pattern '[a&&b]' is not supported)"},
      {R"({"decoder": {"type": "WordPiece"}})",
       R"(decoder.type is "WordPiece", which is not supported; supported: ByteLevel, ByteFallback, Fuse, Metaspace, Replace, Strip, Sequence)"},
      {R"({"post_processor": {"type": "BertProcessing"}})",
       R"(post_processor.type is "BertProcessing", which is not supported; supported: ByteLevel, RobertaProcessing, TemplateProcessing, Sequence)"},
      {R"({"model": {"type": "Unigram"}})",
       R"(model.type is "Unigram", which is not supported; supported: BPE)"},
      {R"({"model": {"dropout": 0.1}})",
       R"(model.dropout is 0.1, which is not supported; supported: null (merges that are skipped at random))"},
      {R"({"model": {"end_of_word_suffix": "</w>"}})",
       R"(model.end_of_word_suffix is "</w>", which is not supported; supported: null or "")"},
  };
  for (const Row& row : rows) CHECK(load_error(row.patch) == row.error);
}

TEST_CASE("a broken file is an error that names the place") {
  struct Row {
    const char* patch;
    const char* error;
  };
  const Row rows[] = {
      {R"({"model": null})", "model is missing"},
      {R"({"model": {"vocab": ["a"]}})", R"(model.vocab is ["a"], expected an object of token: id)"},
      {R"({"model": {"vocab": {"a": -1}}})", R"(model.vocab["a"] is -1, expected an id from 0 to 16777215)"},
      {R"({"model": {"vocab": {"a": 1e9}}})",
       R"(model.vocab["a"] is 1000000000.0, expected an id from 0 to 16777215)"},
      {R"({"model": {"vocab": {"c": 1}}})", "the id 1 has two tokens, "},
      {R"({"model": {"merges": ["a b", "a x"]}})",
       "model.merges[1] needs the token 'x', which is not in model.vocab"},
      {R"({"model": {"merges": ["b a"]}})",
       "model.merges[0] needs the token 'ba', which is not in model.vocab"},
      {R"({"model": {"merges": [["a"]]}})", R"(model.merges[0] is ["a"], expected "a b" or ["a", "b"])"},
      {R"({"model": {"merges": ["a b c"]}})", R"(model.merges[0] is "a b c", expected "a b" or ["a", "b"])"},
      {R"({"model": {"unk_token": "<unk>"}})",
       R"(model.unk_token is "<unk>", expected a token of model.vocab)"},
      {R"({"added_tokens": {}})", "added_tokens is {}, expected an array"},
      {R"({"added_tokens": [{"id": 9, "content": "a"}]})",
       "added_tokens: 'a' has the id 9, but 0 elsewhere in the file"},
      {R"({"added_tokens": [{"id": 0, "content": "<x>"}]})", "the id 0 has two tokens, "},
      {R"({"added_tokens": [{"id": "0", "content": "<x>"}]})",
       R"(added_tokens[0].id is "0", expected an integer)"},
      {R"({"pre_tokenizer": {"type": "Split", "pattern": {"String": ""}, "behavior": "Isolated"}})",
       "pre_tokenizer.pattern: an empty string matches everywhere"},
      {R"({"pre_tokenizer": {"type": "Split", "pattern": {"Regex": "(a"}, "behavior": "Isolated"}})",
       "pre_tokenizer.pattern: [regex] '(?m)(a' is wrong at character 6: "},
      {R"({"pre_tokenizer": []})", "type is missing"},
      {R"({"pre_tokenizer": {"type": "Metaspace", "replacement": "ab"}})",
       R"(pre_tokenizer.replacement is "ab", expected one character)"},
      {R"({"post_processor": {"type": "RobertaProcessing", "sep": "</s>", "cls": ["a", 0]}})",
       R"(post_processor.sep is "</s>", expected ["token", id])"},
      {R"({"post_processor": {"type": "TemplateProcessing", "single": []}})",
       "post_processor.single is [], expected one sequence A"},
      {R"({"post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>"}}, {"Sequence": {"id": "A"}}],
          "special_tokens": {"<s>": {"ids": [77]}}}})",
       "post_processor adds the id 77, which has no token"},
  };
  for (const Row& row : rows) {
    const std::string error = load_error(row.patch);
    CAPTURE(error);
    CHECK(error.find(row.error) != std::string::npos);
  }
}

TEST_CASE("a checkpoint without tokenizer.json is an error that says how to make one") {
  const fs::path dir = scratch_dir();
  const auto error = [&] {
    try {
      Tokenizer::load(dir);
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string("(no error)");
  };
  CHECK(error() ==
        "[tokenizer] " + dir.string() + " has no tokenizer.json; is it a Hugging Face checkpoint?");
  for (const std::string name : {"merges.txt", "vocab.json", "tekken.json", "tokenizer.model"}) {
    write_file_atomically(dir / name, "");
    CHECK(error().starts_with("[tokenizer] " + dir.string() + " has " + name + " but no tokenizer.json"));
    CHECK(error().find("AutoTokenizer.from_pretrained('" + dir.string() + "').save_pretrained('") !=
          std::string::npos);
  }
}

TEST_CASE("special tokens in ranges of other people's text are text, those beside them stay tokens") {
  const Tokenizer tokenizer = load_patched(R"({"model": {"vocab": {"<": 3, ">": 4, "c": 5}},
      "added_tokens": [{"id": 6, "content": "<a>", "special": true}, {"id": 7, "content": "bb", "special": false},
                       {"id": 8, "content": "<a><b>", "special": true}]})");
  CHECK(tokenizer.encode("<a>bb<a>") == TokenIds{6, 7, 6});
  CHECK(encode_as_text(tokenizer, "<a>bb<a>") == TokenIds{3, 0, 4, 7, 3, 0, 4});
  CHECK(tokenizer.encode("<a>bb<a>", false, {{3, 8}}) == TokenIds{6, 7, 3, 0, 4});
  CHECK(tokenizer.encode("<a>bb<a>", false, {{0, 1}, {4, 5}}) == TokenIds{3, 0, 4, 7, 6});
  CHECK(tokenizer.encode("<a>c<a>", false, {{3, 3}, {3, 4}}) == TokenIds{6, 5, 6});
  CHECK(tokenizer.encode("<a><b>", false, {{3, 6}}) ==
        TokenIds{6, 3, 1, 4});  // the longer one reaches into it
  CHECK(tokenizer.encode("\xff<a><a>", false, {{1, 4}}) ==
        TokenIds{3, 0, 4, 6});  // U+FFFD is longer than \xff
}

TEST_CASE("text never becomes a special token by merging") {
  const Tokenizer tokenizer = load_patched(R"({"model": {"ignore_merges": true, "vocab": {"abc": 4},
      "merges": ["a b", "ab c"]}, "added_tokens": [{"id": 4, "content": "abc", "special": true}]})");
  CHECK(tokenizer.encode("abc") == TokenIds{4});
  CHECK(encode_as_text(tokenizer, "abc") == TokenIds{2, 3});
  CHECK(encode_as_text(tokenizer, "cabc") == TokenIds{3, 2, 3});
}

TEST_CASE("special tokens that are found after normalization are text in those ranges too") {
  const Tokenizer tokenizer = load_patched(R"({"normalizer": {"type": "Prepend", "prepend": "b"},
      "added_tokens": [{"id": 6, "content": "ac", "special": true, "normalized": true}]})");
  CHECK(tokenizer.encode("ac") == TokenIds{6});
  CHECK(encode_as_text(tokenizer, "ac") == TokenIds{1, 0, 3});
}

TEST_CASE("Metaspace of older files says add_prefix_space") {
  const std::string metaspace =
      R"({"model": {"vocab": {"_": 3, "c": 4}}, "pre_tokenizer": {"type": "Metaspace",
      "replacement": "_", "str_rep": "_", "add_prefix_space": )";
  CHECK(load_patched(metaspace + "true}}").encode("c c") == TokenIds{3, 4, 3, 4});
  CHECK(load_patched(metaspace + "false}}").encode("c c") == TokenIds{4, 3, 4});
}

TEST_CASE("parts nested without end are an error, not a crash") {
  std::string sequences = R"({"normalizer": )", arrays = R"({"model": {"unk_token": )";
  for (int i = 0; i < 20000; ++i) {
    sequences += R"({"type": "Sequence", "normalizers": [)";
    arrays += '[';
  }
  for (int i = 0; i < 20000; ++i) sequences += "]}", arrays += ']';
  const fs::path dir = scratch_dir();
  for (const std::string& text : {sequences + "}", arrays + R"(, "vocab": {}, "merges": []}})"}) {
    write_file_atomically(dir / "tokenizer.json", text);
    CHECK_THROWS_AS(Tokenizer::load(dir), Error);
  }
}

TEST_CASE("characters without a token are left out where there is no unknown token") {
  CHECK(load_patched("{}").encode("axb") ==
        TokenIds{2});  // as the tokenizers package: x vanishes before merging
  const std::string unknown = R"({"model": {"unk_token": "c", "fuse_unk": )";
  CHECK(load_patched(unknown + "false}}").encode("axyb") == TokenIds{0, 3, 3, 1});
  CHECK(load_patched(unknown + "true}}").encode("axyb") == TokenIds{0, 3, 1});
}

TEST_CASE("merges may be spelled as strings or as pairs") {
  CHECK(load_patched(R"({"model": {"merges": [["a", "b"]]}})").encode("cab") == TokenIds{3, 2});
  CHECK(load_patched(R"({"model": {"merges": ["a b"]}})").encode("cab") == TokenIds{3, 2});
}

TEST_CASE("a word that is a token stays whole where merges are ignored") {
  const std::string vocab =
      R"({"model": {"vocab": {"a": 0, "b": 1, "c": 2, "ab": 3, "abc": 4}, "ignore_merges": )";
  CHECK(load_patched(vocab + "true}}").encode("abc") == TokenIds{4});
  CHECK(load_patched(vocab + "false}}").encode("abc") == TokenIds{3, 2});
}

TEST_CASE("long words are merged in good time, lowest rank first") {
  const Tokenizer tokenizer = load_patched(R"({"model": {"merges": ["a b"]}})");
  std::string text;
  for (int i = 0; i < 300000; ++i) text += "abc";
  const TokenIds ids = tokenizer.encode(text);
  CHECK(ids.size() == 600000);
  CHECK(ids[599998] == 2);
}

TEST_CASE(
    "a text in SentencePiece's spelling may be cut before its spaces, but not where a token reaches across") {
  const std::string model =
      R"({"model": {"vocab": {"a": 0, "b": 1, "c": 2, "▁": 3, "ab": 4, "▁a": 5, "▁▁": 6, "a▁": 7,
      "c▁a": 8}, "merges": )";
  CHECK(load_patched(model + R"(["▁ a", "▁ ▁"]}})").encode("b▁▁▁a▁a▁") == TokenIds{1, 6, 5, 5, 3});
  CHECK(load_patched(model + R"(["a ▁", "▁ a"]}})").encode("b▁a▁a▁b") == TokenIds{1, 3, 7, 7, 1});
  CHECK(load_patched(model + R"(["▁ a", "c ▁a"]}})").encode("c▁a") == TokenIds{8});
}
