#include "config/yaml.h"

#include <yaml-cpp/eventhandler.h>

#include "base/error.h"

namespace selfreward {
namespace {

/// Keeps where documents start. YAML::Load stops silently behind the first one, and YAML::LoadAll (0.7) never
/// returns where a bracket too many stands there.
struct DocumentStarts : YAML::EventHandler {
  void OnDocumentStart(const YAML::Mark& mark) override { marks.push_back(mark); }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
  }
  void OnMapEnd() override {}

  std::vector<YAML::Mark> marks;
};

void check_single_document(const std::string& text, const std::string& file) {
  std::istringstream in(text);
  YAML::Parser parser(in);
  DocumentStarts starts;
  if (!parser.HandleNextDocument(starts) || !parser.HandleNextDocument(starts)) return;
  const YAML::Mark mark = starts.marks.back();
  fail("[config] ", file, ", line ", mark.line + 1, ", column ", mark.column + 1,
       ": expected the end of the settings, found more text (a second ---, or a bracket too many?)");
}

}  // namespace

YAML::Node parse_yaml(const std::string& text, const std::string& file) {
  check(text.find('\0') == std::string::npos, "[config] ", file, ": found a zero byte, expected UTF-8 text");
  try {
    check_single_document(text, file);
    return YAML::Load(text);
  } catch (const YAML::Exception& e) {
    fail("[config] ", file, ", line ", e.mark.line + 1, ", column ", e.mark.column + 1,
         ": this is not valid YAML: ", e.msg);
  }
}

}  // namespace selfreward
