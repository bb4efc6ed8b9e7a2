#pragma once

int number_of_library();
