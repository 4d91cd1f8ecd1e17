// main.c - the command gocc. Everything is in driver.c, so that the unit tests can link the rest.

#include "driver.h"

int main(int argc, char **argv) {
    return driver_main(argc, argv);
}
