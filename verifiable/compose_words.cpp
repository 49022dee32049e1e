// The sentences that are not of a topic.
#include "verifiable/compose_words.h"

#include <map>

#include "base/text_util.h"

namespace selfreward::verifiable {
namespace {

const std::map<std::string, std::string> kStartSentences = {
    {"In short", "In short this matters to all of us."},
    {"Imagine", "Imagine it for a moment."},
    {"Once upon a time", "Once upon a time nobody knew about it."},
    {"Honestly", "Honestly it is hard to ignore."},
    {"Every day", "Every day there is something new in it."},
    {"I believe", "I believe that it is worth a thought."},
    {"First of all", "First of all it is part of our lives."},
    {"As far as I know", "As far as I know nobody has counted them."},
    {"Believe me", "Believe me there is more to it."},
    {"To be fair", "To be fair it has two sides."},
    {"Long ago", "Long ago it was not known at all."},
    {"To begin with", "To begin with it is older than we are."},
    {"You may wonder", "You may wonder where it comes from."},
    {"Years ago", "Years ago hardly anyone spoke of it."},
    {"Dear reader", "Dear reader this is for you."},
    {"Let me think", "Let me think about it once more."},
    {"Picture this", "Picture this for a while."},
    {"Today", "Today it is close to all of us."},
    {"At home", "At home we speak of it at times."},
    {"Good morning", "Good morning and welcome to it."},
    {"If you ask me", "If you ask me it is worth the time."},
    {"Some say", "Some say that it has no end."},
};

const std::map<std::string, std::string> kAvoidable = {
    {"very", "All of this is very nice."},         {"important", "This is important to know."},
    {"many", "There are many ways to see it."},    {"people", "Most people know this."},
    {"because", "I say this because it is true."}, {"beautiful", "It can be beautiful too."},
    {"like", "I like the thought of it."},         {"also", "There is also another side."},
    {"world", "The whole world knows it."},        {"often", "It happens often enough."},
};

const std::map<std::string, std::vector<std::string>> kForeign = {
    {"fr",
     {"C'est une chose que tout le monde aime dans la vie.",
      "Je pense que nous avons besoin de cela dans notre ville.",
      "Il y a une histoire pour les enfants et pour les parents.", "On peut en parler avec des amis le soir.",
      "Pour moi c'est un plaisir simple de tous les jours."}},
    {"es",
     {"Es una cosa que me gusta mucho en la vida.", "Hay muchas historias sobre este tema en la ciudad.",
      "Los niños y los padres hablan de esto por la noche.", "Para mí es un placer de todos los días.",
      "No es difícil pero hay que tener tiempo para ello."}},
    {"de",
     {"Das ist eine Sache die wir alle kennen und mögen.",
      "Ich denke dass man sich die Zeit für sie nehmen kann.",
      "Am Abend sprechen die Kinder mit den Eltern von der Sache.",
      "Für mich ist das eine Freude an jedem Tag.", "Es ist nicht schwer aber man braucht ein wenig Ruhe."}},
    {"it",
     {"Per me è una cosa bella di tutti i giorni.", "Ci sono molte storie che non si possono dimenticare.",
      "I bambini ne parlano la sera con i genitori.", "Non è difficile ma ci vuole un po' di tempo.",
      "Il piacere è nelle cose piccole della vita."}},
};

const std::map<std::string, std::string> kQuestions = {{"en", "What do you think?"},
                                                       {"fr", "Et vous qu'est-ce que vous en pensez?"},
                                                       {"es", "¿Qué es lo que piensa usted de esto?"},
                                                       {"de", "Was denken Sie von der Sache?"},
                                                       {"it", "Che cosa ne pensa lei?"}};

std::vector<std::string> with(std::vector<std::string> some, const std::vector<std::string>& more) {
  some.insert(some.end(), more.begin(), more.end());
  return some;
}

}  // namespace

std::string start_sentence(const std::string& phrase) {
  const auto found = kStartSentences.find(phrase);
  return found == kStartSentences.end() ? phrase + " this is worth a thought." : found->second;
}

std::string sentence_with(const std::string& avoidable) {
  return kAvoidable.at(avoidable);
}

std::string sentence_with_mark(const std::string& mark) {
  return mark == ","   ? "It is old, new, big and small."
         : mark == "!" ? "How nice that is!"
                       : "Who does not know it?";
}

std::string question_in(const std::string& language) {
  return kQuestions.at(language);
}

std::vector<std::string> general_sentences(const Topic& topic, const std::string& language) {
  if (language != "en") return kForeign.at(language);
  if (topic.category != "noun")
    return {"I have thought about it since last week.", "Let me know if there is anything else.",
            "There is more to say than fits in here.",  "It is a small matter but it counts.",
            "We can talk about it in the evening.",     "Nothing else comes to mind at the moment."};
  std::vector<std::string> sentences;
  for (const char* text :
       {"There is more to say about {t} than one might think.",
        "A short walk is a fine time to think about {t}.", "Children and adults see {t} in different ways.",
        "My grandmother used to talk about {t} at dinner.", "Anyone can learn something new about {t}.",
        "Books about {t} fill whole shelves.", "It takes time to understand {t} well.",
        "The story of {t} goes back a long way."})
    sentences.push_back(replace_all(text, "{t}", topic.name));
  return sentences;
}

std::vector<std::string> avoidable_words() {
  std::vector<std::string> words;
  for (const auto& [word, sentence] : kAvoidable) words.push_back(word);
  return words;
}

const std::vector<std::string>& starts(const std::string& wordings) {
  static const std::vector<std::string> kTrain = {"In short", "Imagine",   "Once upon a time",
                                                  "Honestly", "Every day", "I believe"},
                                        kEval = {"First of all", "As far as I know", "Believe me",
                                                 "To be fair"},
                                        kMore = with(kTrain, {"Long ago", "To begin with", "You may wonder",
                                                              "Years ago", "Dear reader", "Let me think",
                                                              "Picture this", "Today", "At home",
                                                              "Good morning", "If you ask me", "Some say"});
  return wordings == "train" ? kTrain : wordings == "more" ? kMore : kEval;
}

const std::vector<std::string>& ends(const std::string& wordings) {
  static const std::vector<std::string> kTrain = {"That is all.", "The end.", "Have a nice day.",
                                                  "I hope this helps.", "Thank you for reading."},
                                        kEval = {"See you soon.", "That is my view.", "Take care.",
                                                 "Now you know."},
                                        kMore = with(
                                            kTrain,
                                            {"All the best.", "Good luck with it.", "So much for today.",
                                             "And so it goes.", "Goodbye for now.", "Let me hear from you.",
                                             "Keep it in mind.", "Sleep well tonight.", "Enjoy your trip.",
                                             "The rest is up to you.", "More on this tomorrow.",
                                             "What a day it was.", "I rest my case.", "With kind regards."});
  return wordings == "train" ? kTrain : wordings == "more" ? kMore : kEval;
}

}  // namespace selfreward::verifiable
