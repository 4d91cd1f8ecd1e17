#!/bin/sh
# project.sh PROJECT DIRECTORY: a copy with compile_commands.json, as CMake would write it.
rm -rf "$2" && cp -R "$1" "$2" && cd "$2" || exit 1
separator='[' && for file in main.gc squares.gc; do
    echo "$separator { \"directory\": \"$2\", \"file\": \"$2/$file\", \"command\": \"gocc -Wall -o $file.o -c $2/$file\" }"
    separator=','
done >compile_commands.json
echo ']' >>compile_commands.json
