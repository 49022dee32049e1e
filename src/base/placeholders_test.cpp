#include "base/placeholders.h"

#include <doctest/doctest.h>

#include "base/error.h"

using namespace selfreward;

TEST_CASE("every placeholder gets its value, wherever and however often it stands") {
  CHECK(fill_placeholders("{a}-{b}-{a}", {{"{a}", "1"}, {"{b}", ""}}) == "1--1");
  CHECK(fill_placeholders("", {{"{a}", "1"}}) == "");
  CHECK(fill_placeholders("no place", {{"{a}", "1"}}) == "no place");
}

TEST_CASE("a value is not searched, and other braces stay") {
  CHECK(fill_placeholders("<{a}|{b}>", {{"{a}", "{b}"}, {"{b}", "{a}"}}) == "<{b}|{a}>");
  CHECK(fill_placeholders("{x} { {a", {{"{a}", "1"}}) == "{x} { {a");
}

TEST_CASE("of two placeholders that fit the first in the list counts") {
  CHECK(fill_placeholders("{{a}} {a}", {{"{{a}}", "1"}, {"{a}", "2"}}) == "1 2");
  CHECK(fill_placeholders("{{{a}}}", {{"{{a}}", "1"}, {"{a}", "2"}}) == "{1}");
}

TEST_CASE("a template without a placeholder is an error with both names") {
  CHECK_NOTHROW(check_placeholders("{b} {a}", {"{a}", "{b}"}, "[x] file"));
  CHECK_THROWS_WITH_AS(check_placeholders("{a}", {"{a}", "{b}"}, "[x] file"),
                       "[x] file has no {b}, so what belongs there would be left out", Error);
}
