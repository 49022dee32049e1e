#pragma once
// The page on which a person labels, served to this machine alone.
//   GET /            the page, one file that loads nothing from elsewhere
//   GET /tasks       what is to be labelled, and what was said so far
//   POST /labels     one click; answered when it is on the disk
//   GET /agreement   how the model's judge agrees, once all is labelled
#include <memory>

#include "base/seed.h"
#include "label/label_store.h"

namespace selfreward {

struct LabelPage {
  const LabelTasks& tasks;
  LabelStore& store;
  std::vector<Judgement> judgements;  // of the model's judge; may be empty
  Seed seed{0};                       // answers are shown in an order that it draws
};

class LabelServer {
 public:
  /// Listens on 127.0.0.1; `port` 0 takes any that is free. Throws Error where it cannot. The page's parts must outlive
  /// it.
  LabelServer(const LabelPage& page, int port);
  ~LabelServer();
  LabelServer(const LabelServer&) = delete;
  LabelServer& operator=(const LabelServer&) = delete;

  int port() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace selfreward
