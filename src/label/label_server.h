#pragma once
// The page on which a person labels, served to this machine alone.
//   GET /            the page, one file that loads nothing from elsewhere
//   GET /tasks       what is to be labelled, and what was said so far
//   POST /labels     one click; answered when it is on the disk
//   GET /agreement   how the model's judge agrees, once all is labelled
#include <memory>

#include "base/seed.h"
#include "label/label_store.h"

namespace httplib {
class Server;
}

namespace selfreward {

struct LabelPage {
  const LabelTasks& tasks;
  LabelStore& store;
  std::vector<Judgement> judgements;  // of the model's judge; may be empty
  Seed seed{0};                       // answers are shown in an order that it draws
};

/// A port of 127.0.0.1, held from here on; who connects waits until a LabelServer answers. So whether there is one is
/// known before anything on the disk is changed.
class LabelPort {
 public:
  /// `port` 0 takes any that is free. Throws Error where it cannot be had.
  explicit LabelPort(int port);
  LabelPort(LabelPort&& other) noexcept;
  ~LabelPort();

 private:
  friend class LabelServer;
  std::unique_ptr<httplib::Server> server_;
  int number_ = 0;
};

class LabelServer {
 public:
  /// Answers at `port`. The page's parts must outlive it.
  LabelServer(LabelPort port, const LabelPage& page);
  ~LabelServer();
  LabelServer(const LabelServer&) = delete;
  LabelServer& operator=(const LabelServer&) = delete;

  int port() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace selfreward
