// A bad template ends with an Error: no crash, no hang, no leak (the room is tested under ASan).
#include <doctest/doctest.h>

#include "text/jinja/template.h"

using namespace selfreward;

namespace {

std::string render(const std::string& source) {
  return JinjaTemplate(source).render({{"xs", {1, 2, 3}}});
}

std::string repeat(const std::string& text, size_t count) {
  std::string out;
  for (size_t i = 0; i < count; ++i) out += text;
  return out;
}

}  // namespace

TEST_CASE("deep nesting in the source is an error") {
  constexpr size_t kDeep = 20000;
  const std::vector<std::pair<std::string, std::string>> brackets = {
      {"(", ")"},   {"[", "]"},  {"{1:", "}"}, {"-", ""},
      {"not ", ""}, {"f(", ")"}, {"xs[", "]"}, {"xs if ", " else 1"}};
  for (const auto& [open, close] : brackets) {
    CAPTURE(open);
    CHECK_THROWS_AS(render("{{ " + repeat(open, kDeep) + "1" + repeat(close, kDeep) + " }}"), Error);
  }
  for (const std::string link :
       {".a", "[0]", "()", "|list", " is defined", "+1", " and 1", " or 1", "**1", " if 1"}) {
    CAPTURE(link);
    CHECK_THROWS_AS(render("{{ xs" + repeat(link, kDeep) + " }}"), Error);
  }
  CHECK_THROWS_AS(render(repeat("{% if xs %}", kDeep)), Error);
  CHECK_THROWS_AS(render(repeat("{% for x in xs %}", kDeep)), Error);
  CHECK_THROWS_AS(render("{% set " + repeat("(", kDeep) + "x = 1 %}"), Error);
  CHECK(render("{{ " + repeat("(", 30) + "1" + repeat(")", 30) + " }}") == "1");
  CHECK(render("{{ 0" + repeat("+1", 500) + " }}") == "500");
}

TEST_CASE("endless recursion of macros is an error") {
  CHECK_THROWS_AS(render("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}"), Error);
  CHECK_THROWS_AS(render("{% macro f(a=f()) %}{% endmacro %}{{ f() }}"), Error);
  CHECK_THROWS_AS(render("{% macro f() %}{{ g() }}{% endmacro %}{% macro g() %}" + repeat("{% if 1 %}", 20) +
                         "{{ f() }}" + repeat("{% endif %}", 20) + "{% endmacro %}{{ f() }}"),
                  Error);
}

TEST_CASE("work without end is an error") {
  const std::string loop = "{% for a in range(100000) %}", long_text = "{% set x = 'ab' * 1000000 %}" + loop;
  CHECK_THROWS_AS(render(loop + "{% for b in range(100000) if false %}{% endfor %}{% endfor %}"), Error);
  CHECK_THROWS_AS(render("{% set x = range(100000)|list %}" + loop + "{{ x == x + [] }}{% endfor %}"), Error);
  CHECK_THROWS_AS(render("{% set x = range(100000)|list %}{{ x | select('in', x) | list }}"), Error);
  CHECK_THROWS_AS(render("{% set x = range(100000)|list %}{{ x | unique | list }}"), Error);
  CHECK_THROWS_AS(render(long_text + "{{ x | length }}{% endfor %}"), Error);
  CHECK_THROWS_AS(render(long_text + "{% set y = x ~ 'a' %}{% endfor %}"), Error);
  CHECK_THROWS_AS(render(long_text + "{% set y %}{{ x }}{% endset %}{% endfor %}"), Error);
  // A search for a long text in a longer one is linear.
  CHECK(
      render(
          "{% set x = 'a' * 2000000 %}{% set y = 'a' * 1000000 ~ 'b' %}{{ y in x }}{{ x.rfind('b' ~ x) }}") ==
      "False-1");
}

TEST_CASE("values without end are errors") {
  const std::string grow = "{% set ns = namespace(x='ab') %}{% for i in range(100) %}{% set ns.x = ";
  for (const std::string step : {"ns.x + ns.x", "ns.x ~ ns.x", "ns.x * 2", "ns.x | replace('a', 'aaa')",
                                 "[ns.x, ns.x]", "{1: ns.x, 2: ns.x}", "ns.x | replace('', ns.x)",
                                 "ns.x | list | join(ns.x)", "ns.x.join([ns.x, ns.x])"}) {
    CAPTURE(step);
    CHECK_THROWS_AS(render(grow + step + " %}{% endfor %}"), Error);
  }
  const std::string nest = "{% set ns = namespace(x=1) %}{% for i in range(90000) %}{% set ns.x = ";
  for (const std::string step : {"[ns.x]", "(ns.x,)", "{1: ns.x}", "dict(a=ns.x)", "[ns.x] | map('list')"}) {
    CAPTURE(step);
    CHECK_THROWS_AS(render(nest + step + " %}{% endfor %}"), Error);
  }
  for (const std::string huge :
       {"'a' * 9223372036854775807", "[1] * 9223372036854775807", "-9223372036854775807 * 'a'",
        "2 ** 9223372036854775807", "3 ** 100", "range(0, 9223372036854775807)",
        "'a' | indent(9223372036854775807)", "xs | tojson(indent=9223372036854775807)"}) {
    CAPTURE(huge);
    if (huge[0] != '-') CHECK_THROWS_AS(render("{{ " + huge + " }}"), Error);
  }
  CHECK(
      render(
          "{{ xs[::9223372036854775807] }}{{ xs[::-9223372036854775807] }}{{ xs[-9223372036854775807:] }}") ==
      "[1][3][1, 2, 3]");
  CHECK(render("{{ range(9223372036854775800, 9223372036854775807, 5) | list | length }}") == "2");
}

TEST_CASE("what could make a cycle or outlive its scope cannot be stored") {
  for (const std::string value :
       {"ns", "[ns]", "{1: ns}", "m", "[m]", "loop", "(loop,)", "xs.index", "range"}) {
    CAPTURE(value);
    CHECK_THROWS_AS(
        render("{% set ns = namespace() %}{% macro m() %}{% endmacro %}{% for x in xs %}{% set ns.x = " +
               value + " %}{% endfor %}"),
        Error);
  }
}

TEST_CASE("no prefix and no single damaged byte of a template crashes") {
  const std::string source =
      "{%- macro m(a, b=[1]) -%}{{ a ~ b[0]|default('x', true) }}{%- endmacro -%}{# c #}"
      "{% raw %}{{{% endraw %}"
      "{% set ns = namespace(n=0) %}{% for k, v in {'a': 1, 'b': (2, 3)}.items() if k is not none %}"
      "{% set ns.n = ns.n + loop.index %}"
      "{{ m(k, b=[v]) if not loop.last else xs[::-1][0:2]|tojson(indent=1) }}"
      "{% else %}-{% endfor %}{{ 'x\\n\\u00e9' ~ 1.5e3 // 2 }}";
  const auto survive = [](const std::string& text) {
    try {
      render(text);
    } catch (const Error&) {
    }
  };
  CHECK_NOTHROW(render(source));
  for (size_t i = 0; i <= source.size(); ++i) {
    CHECK_NOTHROW(survive(source.substr(0, i)));
    CHECK_NOTHROW(survive(source.substr(i)));
    for (const char c : {'{', '}', '%', '\'', '(', ']', '-', '\\', ' ', '\0', '\xff'}) {
      if (i == source.size()) break;
      std::string damaged = source;
      damaged[i] = c;
      CHECK_NOTHROW(survive(damaged));
    }
  }
}
