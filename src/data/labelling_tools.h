#pragma once
// Ranked answers out of what people said in a labelling tool, as its export has them:
//   Argilla, dataset.records.to_json(): {"fields": {"prompt", "answer-1", ...},
//                                        "responses": {QUESTION: [{"value": ["answer-2", ...]}, ...]}}
//   Argilla, dataset.records.to_datasets(): the fields as columns, "QUESTION.responses", "QUESTION.responses.status"
//   Label Studio, JSON: {"data": {"prompt", "items": [{"id", "body"}, ...]},
//                        "annotations": [{"result": [{"value": {"ranker": {NAME: [ID, ...]}}}]}]},
//                       or {"data": {"prompt", "answer1", "answer2"}, ... "value": {"selected": "left"}}
#include "data/filtered.h"
#include "data/records.h"
#include "data/rows/rows.h"

namespace selfreward {

/// Adds the answers of an Argilla record, which are the fields that its ranking question names, the best first. The rank
/// of an answer is the mean over those who ranked, from 0. Left out: "not_ranked" (the record), "partly_ranked" (one
/// person's ranking without some of the answers), "not_submitted" (one person's), "fewer_than_two_answers",
/// "empty_message". Throws Error for two ranking questions, and for a row that is no Argilla record.
void add_argilla_ranks(const Row& row, Filtered<RankedAnswers>& result);

/// The same of a Label Studio task with a Ranker over a List, or with a Pairwise of "answer1" (left) and "answer2".
/// Left out besides: "annotation_cancelled" (one person's). Throws Error for a Ranker with buckets, which have no order, for
/// two Rankers, and for items with one id.
void add_label_studio_ranks(const Row& row, Filtered<RankedAnswers>& result);

}  // namespace selfreward
