// One packet told in words: what it is for, and each field that matters. Thread rule: pure.
#pragma once

#include <string>
#include <vector>

#include "step/story.h"

namespace wireproof::step {

struct Field {
  std::string name, value, meaning;  // "acknowledgement", "8", "has everything before 8"
};
struct Told {
  std::string headline;  // "FIN ACK from the client: it has nothing more to send"
  std::vector<Field> fields;
};

// `conversation`: what is known of its connection, or null.
Told in_words(const Row& row, const Conversation* conversation);

}  // namespace wireproof::step
