// {address}, {port}, {path} ... : what a scenario leaves open until its case has a lab.
// Thread rule: pure functions.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "scenario/model.h"

namespace wireproof::run {

using Placeholders = std::map<std::string, std::string>;  // name without braces: value

std::string filled(std::string text, const Placeholders& values);
// In the addresses and paths of steps; what is sent and expected stays as the file has it.
void fill_steps(std::vector<scenario::Step>& steps, const Placeholders& values);

}  // namespace wireproof::run
