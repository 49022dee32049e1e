#include "evaluate/benchmarks/mt_bench_run.h"

#include <set>

#include "base/content_hash.h"
#include "base/paths.h"
#include "data/shards.h"
#include "evaluate/judges/local_chat.h"
#include "run/load_policy.h"
#include "run/stage_inputs.h"

namespace selfreward {
namespace {

constexpr int64_t kAnswerTokens = 1024, kGradingTokens = 2048;

/// There are few questions and long replies: a stopped call loses a batch, not all of them.
int64_t shard_size(const GenerationSettings& generation) {
  return std::min(generation.shard_size, generation.max_batch_size);
}

/// One turn of the questions of one temperature: each answer grows by the model's reply. An answer whose
/// prompt does not fit, or that has no turn before, stays as it is.
void answer_turn(const Chat& model, double temperature, size_t turn,
                 std::span<const MtBenchQuestion> questions, std::vector<MtBenchAnswer>& answers,
                 const OnDone& on_done) {
  std::vector<ChatQuestion> asked;
  std::vector<size_t> places;
  for (size_t i = 0; i < questions.size(); ++i) {
    if (mt_bench_temperature(questions[i].category) != temperature) continue;
    if (questions[i].turns.size() <= turn || answers[i].turns.size() != turn) continue;
    Conversation messages;
    for (size_t n = 0; n <= turn; ++n) {
      messages.push_back({"user", questions[i].turns[n]});
      if (n < turn) messages.push_back({"assistant", answers[i].turns[n]});
    }
    asked.push_back({str(questions[i].id, "/turn ", turn + 1), messages});
    places.push_back(i);
  }
  ChatParams params;
  params.sampling = {.max_new_tokens = kAnswerTokens, .temperature = temperature, .top_p = 1, .top_k = 0};
  params.on_done = on_done;
  const auto replies = model(asked, params);
  for (size_t i = 0; i < places.size(); ++i)
    if (replies[i].asked) answers[places[i]].turns.push_back(replies[i].text);
}

std::vector<MtBenchAnswer> answer_shard(const Chat& model, const std::string& name,
                                        std::span<const MtBenchQuestion> questions, const OnDone& on_done) {
  std::vector<MtBenchAnswer> answers;
  std::set<double> temperatures;
  for (const MtBenchQuestion& question : questions) {
    answers.push_back({question.id, name, {}});
    temperatures.insert(mt_bench_temperature(question.category));
  }
  int64_t before = 0, asked = 0;
  const OnDone within = [&](int64_t done, int64_t total) {
    asked = total;
    on_done(before + done, 2 * std::ssize(questions));
  };
  for (const size_t turn : {size_t{0}, size_t{1}})
    for (const double temperature : temperatures) {
      answer_turn(model, temperature, turn, questions, answers, within);
      before += std::exchange(asked, 0);
    }
  return answers;
}

std::string questions_text(const std::vector<MtBenchQuestion>& questions) {
  std::string text;
  for (const MtBenchQuestion& question : questions)
    text += to_line({question.id, question.category, question.turns, question.reference});
  return text;
}

/// A grading that is to be made, with what its row repeats.
struct GradingItem {
  MtBenchGrade grade;
  ChatQuestion question;
};

std::vector<GradingItem> grading_items(const MtBenchJudging& judging,
                                       const std::vector<MtBenchQuestion>& questions,
                                       const std::vector<MtBenchAnswer>& answers) {
  std::map<int64_t, const MtBenchAnswer*> by_question;
  for (const MtBenchAnswer& answer : answers) by_question[answer.question_id] = &answer;
  std::vector<GradingItem> items;
  for (const MtBenchQuestion& question : questions) {
    const MtBenchAnswer& answer = *by_question.at(question.id);
    for (size_t turn = 0; turn < answer.turns.size(); ++turn) {
      ChatQuestion asked = grading_question(judging.rubric, question, answer, turn);
      const std::string& prompt = asked.messages[0].content;
      items.push_back({{question.id, static_cast<int64_t>(turn) + 1, answer.model, judging.name,
                        judging.rubric.name, prompt, "", std::nullopt},
                       std::move(asked)});
    }
  }
  return items;
}

/// FastChat's file has the gradings of all models by one judge.
void publish(const std::vector<MtBenchGrade>& grades, const fs::path& file) {
  std::string text;
  if (fs::exists(file))
    for (const MtBenchGrade& grade : read_jsonl<MtBenchGrade>(file))
      if (grades.empty() || grade.model != grades.front().model) text += to_line(Json(grade));
  write_file_atomically(file, text + to_jsonl(grades));
}

}  // namespace

Output mt_bench_answers_output(const RunConfig& config, const fs::path& model,
                               const std::vector<MtBenchQuestion>& questions, const fs::path& out) {
  StageInputs inputs = StageInputs(config).settings(kModelSettings);
  inputs.checkpoint("model", model).value("questions", content_hash(questions_text(questions)));
  return records_output(out / "model_answer" / (directory_name(model) + ".jsonl"), inputs);
}

std::vector<MtBenchAnswer> mt_bench_answers(const RunConfig& config, const fs::path& model,
                                            const std::vector<MtBenchQuestion>& questions,
                                            const EvaluationDir& out) {
  const std::string name = directory_name(model);
  const Output output = mt_bench_answers_output(config, model, questions, out.path);
  return memo<MtBenchAnswer>(output, out.overwrite, [&](RecordSink<MtBenchAnswer>& sink) {
    Policy policy = load_policy(config.model, model);
    const Seed seed = root_seed(config).child("mt_bench", "answers");
    const Chat chat = local_chat({policy, config.generation, seed});
    const auto make = [&](std::span<const MtBenchQuestion> shard, const OnDone& on_done) {
      sink.append(answer_shard(chat, name, shard, on_done));
    };
    for_each_shard(questions, shard_size(config.generation), "answers", sink, make);
  });
}

ChatParams mt_bench_judge_params() {
  ChatParams params;
  params.sampling = {.max_new_tokens = kGradingTokens, .temperature = 0, .top_p = 1, .top_k = 0};
  return params;
}

std::vector<ChatQuestion> grading_questions(const MtBenchRubric& rubric,
                                            const std::vector<MtBenchQuestion>& questions,
                                            const std::vector<MtBenchAnswer>& answers) {
  std::vector<ChatQuestion> asked;
  for (GradingItem& item : grading_items({"", {}, rubric, {}, {}}, questions, answers))
    asked.push_back(std::move(item.question));
  return asked;
}

Output mt_bench_grades_output(const std::string& model, const std::vector<MtBenchQuestion>& questions,
                              const MtBenchJudging& judging, const fs::path& out, Json answers) {
  Json inputs = judging.inputs;
  inputs["questions"] = content_hash(questions_text(questions));
  inputs["answers"] = std::move(answers);
  return records_output(out / "gradings" / (model + ".jsonl"), std::move(inputs));
}

std::vector<MtBenchGrade> mt_bench_grades(const GenerationSettings& generation,
                                          const std::vector<MtBenchQuestion>& questions,
                                          const std::vector<MtBenchAnswer>& answers,
                                          const MtBenchJudging& judging, const EvaluationDir& out) {
  const Output output = mt_bench_grades_output(answers.front().model, questions, judging, out.path,
                                               content_hash(to_jsonl(answers)));
  const auto grades = memo<MtBenchGrade>(output, out.overwrite, [&](RecordSink<MtBenchGrade>& sink) {
    const auto items = grading_items(judging, questions, answers);
    const auto make = [&](std::span<const GradingItem> shard, const OnDone& on_done) {
      ChatParams params = judging.params;
      params.on_done = on_done;
      std::vector<ChatQuestion> asked;
      std::vector<MtBenchGrade> made;
      for (const GradingItem& item : shard) asked.push_back(item.question);
      const auto replies = judging.chat(asked, params);
      for (size_t i = 0; i < shard.size(); ++i) {
        made.push_back(shard[i].grade);
        made.back().reply = replies[i].text;
        made.back().score = parse_rating(replies[i].text, judging.rubric);
      }
      sink.append(made);
    };
    for_each_shard(items, shard_size(generation), "gradings", sink, make);
  });
  publish(grades, out.path / "model_judgment" / (file_name_of(judging.name) + "_single.jsonl"));
  return grades;
}

}  // namespace selfreward
