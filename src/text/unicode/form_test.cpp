#include "text/unicode/form.h"

#include <doctest/doctest.h>

#include "base/json.h"

using namespace selfreward;

TEST_CASE("normalization forms are those of the tokenizers package, younger characters stay as they are") {
  // tests/golden/make_tokenizer_style_golden.py
  const Json golden =
      read_json(fs::path(SELFREWARD_SOURCE_DIR) / "tests/fixtures/tokenizer_styles/unicode.json");
  const std::pair<const char*, UnicodeForm> forms[] = {{"NFC", UnicodeForm::nfc},
                                                       {"NFD", UnicodeForm::nfd},
                                                       {"NFKC", UnicodeForm::nfkc},
                                                       {"NFKD", UnicodeForm::nfkd}};
  for (const auto& [name, form] : forms) {
    CHECK(golden["forms"][name].size() == golden["form_texts"].size());
    for (size_t i = 0; i < golden["form_texts"].size(); ++i) {
      CAPTURE(name);
      CAPTURE(i);
      CHECK(to_unicode_form(golden["form_texts"][i].get<std::string>(), form) ==
            golden["forms"][name][i].get<std::string>());
    }
  }
}
