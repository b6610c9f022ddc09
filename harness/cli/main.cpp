#include <iostream>

#include "cli/program.h"

int main(int argc, char** argv) {
  return wireproof::cli::main_command(argc, argv, std::cout, std::cerr);
}
