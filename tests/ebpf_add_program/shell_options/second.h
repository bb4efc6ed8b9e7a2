#pragma once
#define SECOND 2
