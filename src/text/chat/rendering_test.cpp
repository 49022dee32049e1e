#include <doctest/doctest.h>

#include "text/chat/template.h"
#include "text/jinja/template.h"

using namespace selfreward;

namespace {

std::string render(const std::string& source, const Json& variables = Json::object()) {
  return JinjaTemplate(source).render(variables);
}

std::string error_of(const std::string& source, const Json& variables = Json::object()) {
  try {
    return "no error, but: " + render(source, variables);
  } catch (const Error& e) {
    return e.what();
  }
}

}  // namespace

TEST_CASE("expressions and statements give what jinja2 gives with transformers' settings") {
  // tests/golden/make_template_golden.py; the versions are in the file.
  const Json golden = read_json(fs::path(SELFREWARD_SOURCE_DIR) / "tests/fixtures/templates/snippets.json");
  const std::tm date = template_date(golden["date"]);
  REQUIRE(golden["snippets"].size() > 600);
  for (const Json& snippet : golden["snippets"]) {
    const std::string source = snippet["source"];
    CAPTURE(source);
    if (snippet.contains("error")) {
      CHECK_THROWS_AS(JinjaTemplate(source).render(golden["context"], {}, date), Error);
    } else {
      std::string found;
      CHECK_NOTHROW(found = JinjaTemplate(source).render(golden["context"], {}, date).text);
      CHECK(found == snippet["output"].get<std::string>());
    }
  }
}

TEST_CASE("an error names the line and what is wrong") {
  const std::vector<std::pair<std::string, std::string>> table = {
      {"a\n{{ x.y }}", "[template] line 2: 'x' is undefined"},
      {"{% macro m() %}\n{% endmacro %}{{ m() +\n 1 }}",
       "[template] line 3: unsupported operand type(s) for +: 'str' and 'int'"},
      {"\n\n{% if x %}", "[template] line 3: found the end of the template, expected {% endif %}"},
      {"{% call 3 %}{% endcall %}", "[template] line 1: expected a call after {% call %}"},
      {"{% macro m() %}{% endmacro %}{% call m() %}{% endcall %}",
       "[template] line 1: macro 'm' takes no keyword argument 'caller'"},
      {"{% include 'x' %}", "[template] line 1: the tag {% include %} is not supported or not expected here"},
      {"{{ raise_exception('roles!') }}", "[template] line 1: roles!"},
      {"{{ 'a'|center }}", "[template] line 1: the filter 'center' is not supported"},
      {"{{ 1 is filter }}", "[template] line 1: the test 'filter' is not supported"},
      {"{{ 'a'.zfill(1) }}", "[template] line 1: the method str.zfill is not supported"},
      {"{{ '{:>3}'.format(1) }}", "[template] line 1: str.format: the field {:>3} is not supported"},
      {"{{ '{x}'.format(1) }}", "[template] line 1: str.format: there is no argument 'x'"},
      {"{{ strftime_now('%Y %I') }}",
       "[template] line 1: strftime_now with %I is not supported, only dates are"},
      {"{{ [1].copy() }}", "[template] line 1: the method list.copy is not supported"},
      {"{{ cycler(1) }}", "[template] line 1: the function cycler is not supported"},
      {"{{ f(*xs) }}", "[template] line 1: '*' in a call is not supported"},
      {"{% for x in [1] recursive %}{% endfor %}", "[template] line 1: a recursive loop is not supported"},
      {"{{ '%d' % 3 }}", "[template] line 1: unsupported operand type(s) for %: 'str' and 'int'"},
      {"{% macro m() %}{{ varargs }}{% endmacro %}",
       "[template] line 1: 'varargs' in a macro is not supported"},
      {"{{ range(3) }}", "[template] line 1: a range, dict view or iterator cannot be printed; add | list"},
      {"{{ 2 ** 127 }}", "[template] line 1: an integer beyond 127 bits is not supported"},
      {"{{ ('<'|safe)|upper }}", "[template] line 1: the filter upper after safe or escape is not supported"},
      {"{{ 'x' is sameas 'x' }}", "[template] line 1: sameas is supported for none, true and false only"},
      {"{{ '\\ud800' }}", "[template] line 1: the escape \\ud800 in a string is not a character"},
      {"{{ 'stra\xc3\x9f\x65'.upper() }}",
       "[template] line 1: upper of text with a character of special casing is not supported: "
       "stra\xc3\x9f\x65"}};
  for (const auto& [source, message] : table) CHECK(error_of(source) == message);
}

TEST_CASE("an unsupported filter matters only where it is reached") {
  CHECK(render("{% if false %}{{ x | groupby('a') }}{% endif %}fine") == "fine");
}

TEST_CASE("text that is not valid UTF-8 passes through unchanged") {
  const std::string bytes = "a\xff\xe4\xb8 b";
  CHECK(render("{{ x }}|{{ x.strip() }}|{{ x | length }}|{{ x[::-1] | length }}", {{"x", bytes}}) ==
        bytes + "|" + bytes + "|6|6");
}

TEST_CASE("white space, case and what is printable follow Unicode as Python does") {
  // str.isspace, upper, lower and repr of Python 3.11; all code points were compared once, these are samples.
  std::string spaces;
  for (const char* space : {"\t", "\n", "\v", "\f", "\r", "\x1c", "\x1f", " ", "\u0085", "\u00a0", "\u1680",
                            "\u2000", "\u200a", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000"}) {
    spaces += space;
  }
  CHECK(render("[{{ x.strip() }}]", {{"x", spaces + "\u200b" + spaces}}) == "[\u200b]");
  CHECK(render("{{ x.upper() }}{{ x.lower() }}", {{"x", "\u00e9\u0416\u01c5\u10d0"}}) ==
        "\u00c9\u0416\u01c4\u1c90\u00e9\u0436\u01c6\u10d0");
  CHECK(render("{{ [x] }}", {{"x", "\u200b\u00ad\u3000\u1781\u17d2"}}) ==
        "['\\u200b\\xad\\u3000\u1781\u17d2']");
}
