// clang.h - libclang, loaded when the first unit with constructs comes by.
//
// A build compiles mostly plain C, and loading libclang costs more than compiling a small unit. So it is not linked: clang.c opens it on
// first use and fills one table of its functions; facts*.c call through that table. The headers are those of the newest
// LLVM found when gocc was configured, and so is the path of the library (GOCC_LIBCLANG).
#ifndef GOCC_CLANG_H
#define GOCC_CLANG_H

#include <clang-c/Index.h>

#define CLANG_FUNCTIONS(X)                                                                                                                      \
    X(createIndex)                                                                                                                              \
    X(parseTranslationUnit2)                                                                                                                    \
    X(getTranslationUnitCursor)                                                                                                                 \
    X(visitChildren)                                                                                                                            \
    X(getCursorKind)                                                                                                                            \
    X(getCursorType) X(getCursorReferenced) X(getCursorExtent)                                                                                  \
        X(getCursorLocation) X(getFileLocation) X(getRangeStart) X(getRangeEnd)                                                                 \
            X(getCursorSpelling) X(getCString) X(disposeString) X(getCanonicalType) X(getPointeeType)                                           \
                X(getResultType) X(getNumArgTypes) X(getArgType) X(getTypeSpelling) X(Type_getSizeOf)                                           \
                    X(Type_getAlignOf) X(getTypeDeclaration) X(isConstQualifiedType) X(isVolatileQualifiedType)                                 \
                        X(getArrayElementType) X(getUnqualifiedType) X(isFunctionTypeVariadic)                                                  \
                            X(getNumDiagnostics) X(getDiagnostic) X(getDiagnosticSeverity) X(getDiagnosticSpelling)                             \
                                X(getDiagnosticLocation) X(getDiagnosticOption) X(disposeDiagnostic)                                            \
                                    X(Location_isInSystemHeader) X(getCursorUnaryOperatorKind) X(getCursorBinaryOperatorKind)                   \
                                        X(Cursor_getNumArguments) X(Cursor_getArgument) X(Cursor_getVarDeclInitializer)                         \
                                            X(Cursor_hasVarDeclGlobalStorage) X(Cursor_Evaluate) X(EvalResult_getKind)                          \
                                                X(EvalResult_getAsLongLong) X(EvalResult_dispose) X(isCursorDefinition) X(Cursor_isNull)        \
                                                    X(equalCursors) X(getNullCursor) X(Cursor_getStorageClass) X(getEnumDeclIntegerType)        \
                                                        X(Cursor_isAnonymous) X(getCursorSemanticParent) X(getTypedefDeclUnderlyingType)        \
                                                            X(Type_visitFields) X(Cursor_getOffsetOfField) X(Cursor_isBitField) X(getArraySize) \
                                                                X(Type_getNamedType) X(Type_getValueType) X(Type_getModifiedType)

typedef struct ClangApi {
#define CLANG_FIELD(name) __typeof__(clang_##name) *name;
    CLANG_FUNCTIONS(CLANG_FIELD)
#undef CLANG_FIELD
} ClangApi;

// The table, loaded on the first call; without a usable library the process ends with a message.
const ClangApi *clang_api(void);

#endif
