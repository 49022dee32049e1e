// import (GGUF -> Hugging Face directory), export (the other way) and inspect (a conversation as tokens and
// loss mask).
#include <unistd.h>

#include <cstdio>

#include "app/commands.h"
#include "app/data_choice.h"
#include "base/in_row.h"
#include "base/paths.h"
#include "base/terminal.h"
#include "data/readers.h"
#include "model/files/checkpoint_files.h"
#include "model/gguf/gguf.h"
#include "model/gguf/quants.h"
#include "model/policy/policy.h"
#include "text/chat/format.h"

namespace selfreward {
namespace {

struct ImportOptions {
  std::string gguf, out, dtype = "bfloat16";
};

struct ExportOptions {
  std::string model, gguf, outtype;
};

struct InspectOptions {
  std::string model, data, text, user, kwargs, date;
  DataChoice choice;
  int64_t row = 1;
};

/// Bytes that would move the cursor are shown as escapes.
std::string visible(const std::string& text) {
  std::string shown;
  for (const char c : text) {
    if (c == '\n')
      shown += "\\n";
    else if (c == '\t')
      shown += "\\t";
    else if (static_cast<unsigned char>(c) < 32)
      shown += '?';
    else
      shown += c;
  }
  return shown;
}

/// One line per token: position, id, "loss" where it is trained, and its text; trained ones are green on a
/// terminal.
void print_tokens(const ChatFormat& chat, const ChatFormat::TrainingRow& row) {
  const bool color = takes_escapes(STDOUT_FILENO);
  std::printf("%6s %8s %5s  %s\n", "at", "id", "mask", "token");
  const auto print = [&](size_t at, int64_t id, bool trained) {
    const char* paint = !color                            ? ""
                        : trained                         ? "\033[32m"
                        : chat.tokenizer().is_special(id) ? "\033[35m"
                                                          : "\033[2m";
    std::printf("%6zu %8lld %5s  %s%s%s\n", at, static_cast<long long>(id), trained ? "loss" : "-", paint,
                visible(chat.tokenizer().decode({id}, /*skip_special=*/false)).c_str(),
                color ? "\033[0m" : "");
  };
  size_t at = 0, trained = 0;
  for (const int64_t id : row.prompt) print(at++, id, false);
  for (size_t i = 0; i < row.response.size(); ++i) {
    const bool learnt = row.learnt.empty() || row.learnt[i];
    trained += learnt ? 1 : 0;
    print(at++, row.response[i], learnt);
  }
  std::printf("%zu tokens, %zu of them trained\n", at, trained);
}

void inspect(const InspectOptions& options) {
  check(!options.model.empty(), "[inspect] --model DIR is missing: whose tokenizer and chat template?");
  const ChatFormat chat = chat_format_of(options.model, {options.kwargs, options.date});
  if (!options.text.empty()) return print_tokens(chat, {chat.completion_ids(options.text), {}, {}});
  if (!options.user.empty()) return print_tokens(chat, {chat.prompt_ids({{"user", options.user}}), {}, {}});
  check(!options.data.empty(), "[inspect] nothing to show; give --data FILE, --user TEXT or --text TEXT");
  const auto examples = read_examples(options.data, options.choice.languages).records;
  check(options.row >= 1 && options.row <= std::ssize(examples), "[inspect] ", options.data, " has ",
        examples.size(), " usable rows; --row ", options.row, " is not among them");
  const Example& example = examples[static_cast<size_t>(options.row - 1)];
  std::printf("row %lld of %zu, id %s\n", static_cast<long long>(options.row), examples.size(),
              example.id.c_str());
  const auto made = in_row("example", example.id, [&] {
    return chat.training_row(example.messages, example.inputs, options.choice.train_on());
  });
  if (!made) return void(std::printf("marks leave no answer of this row to train\n"));
  print_tokens(chat, *made);
}

}  // namespace

void add_import(Command app) {
  auto options = std::make_shared<ImportOptions>();
  Command command =
      app.add_command("import", "turn a GGUF file (llama.cpp) into a Hugging Face checkpoint directory");
  command.add_option("GGUF", options->gguf, "file of a language model; types: " + readable_ggml_types())
      .required()
      .existing_file();
  command.add_option("OUT", options->out, "directory to write").required().type_name("DIR");
  command.add_option("--dtype", options->dtype, "bfloat16, float16 or float32").show_default();
  command.callback([options] {
    check_replaceable(options->out);
    check_nothing_else_is_lost(options->out);
    import_gguf(options->gguf, options->out, options->dtype);
    std::printf("wrote %s\n", options->out.c_str());
  });
}

void add_export(Command app) {
  auto options = std::make_shared<ExportOptions>();
  Command command =
      app.add_command("export", "turn a Hugging Face checkpoint directory into a GGUF file (llama.cpp)");
  command.add_option("DIR", options->model, "checkpoint directory").required().existing_directory();
  command.add_option("GGUF", options->gguf, "file to write").required().type_name("FILE");
  command.add_option("--outtype", options->outtype, "type of the matrices: f32, f16, bf16 or q8_0")
      .required();
  command.callback([options] {
    check_file_can_be_made(options->gguf);
    export_gguf(options->model, options->gguf, parse_gguf_outtype(options->outtype));
    std::printf("wrote %s\n", options->gguf.c_str());
  });
}

void add_inspect(Command app) {
  auto options = std::make_shared<InspectOptions>();
  Command command =
      app.add_command("inspect", "show a conversation as tokens, ids and loss mask, as training sees it");
  command.add_option("--model", options->model, "checkpoint whose tokenizer and chat template are used")
      .type_name("DIR");
  command.add_option("--data", options->data, "a file that `sft` reads").existing_path();
  command.add_option("--row", options->row, "which of its rows").show_default();
  command.add_option("--user", options->user, "a user's message, with the generation prompt");
  command.add_option("--text", options->text, "plain text, without the chat template");
  command.add_option("--chat-template-kwargs", options->kwargs, "setting model.chat_template_kwargs")
      .type_name("JSON");
  command.add_option("--chat-template-date", options->date, "setting model.chat_template_date")
      .type_name("DATE");
  add_data_choice(command, options->choice);
  add_inspect_data(command);
  command.callback([options, command] {
    if (!command.has_command()) inspect(*options);
  });
}

}  // namespace selfreward
