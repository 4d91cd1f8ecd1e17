// escape_calls.c - what functions of C's library do with the addresses that they are given.
//
// Only what departs from the rule that facts_call.c has for all of them (nothing is kept; a pointer result may be any argument) needs a line
// here: functions that keep something for later, that copy memory in which addresses may lie, and those whose result or
// out-parameter is known better. The words are explained in escape.h. Sources: the manual pages; for the copying ones, what C says.

#include "escape.h"

#include <string.h>

typedef struct Effects {
    const char *names;             // separated by blanks
    const char *effects;
} Effects;

static const Effects table[] = {
    // ---- kept for later
    {"setvbuf setbuf setbuffer on_exit initstate initstate_r pthread_setspecific tss_set insque", "k1"},
    {"putenv openlog setstate aio_read aio_write aio_fsync fopencookie", "k0"},
    {"pthread_create", "k3"},
    {"thrd_create", "k2"},
    {"strtok", "k0 r0"},                               // and goes on there in the next call
    {"hsearch tsearch open_memstream open_wmemstream fmemopen lio_listio makecontext swapcontext setcontext getcontext obstack_init", "k0+"},
    {"hsearch_r argp_parse xdrmem_create", "k0+"},
    {"sigaltstack", "K0"},
    {"mq_notify timer_create epoll_ctl io_submit", "K1 K2 K3"},
    {"getopt getopt_long getopt_long_only", "K1"},     // optarg points into the words
    {"sigqueue pthread_sigqueue", "k2"},
    {"clone", "k1 k3+"},
    {"syscall prctl", "k1+"},
    {"pthread_attr_setstack pthread_attr_setstackaddr", "k1"},
    {"apply apply_args return", "k0+"},
    // ---- memory in which addresses may lie
    {"memcpy memmove mempcpy wmemcpy wmemmove", "c01 r0"},
    {"memccpy", "c01 r0"},
    {"bcopy", "c10"},
    {"va_copy", "c01"},
    {"lsearch", "c10 r1"},
    {"lfind bsearch", "r1"},
    {"realloc reallocarray", "r0"},
    {"vmsplice process_vm_writev", "K1"},
    // ---- results and out-parameters that are known
    {"strcpy strncpy stpcpy stpncpy strcat strncat strlcpy strlcat wcscpy wcsncpy wcscat memset wmemset strfry memfrob", "r0"},
    {"strchr strrchr strchrnul strstr strcasestr strpbrk memchr memrchr rawmemchr memmem index rindex basename dirname", "r0"},
    {"wcschr wcsrchr wcsstr wmemchr fgets fgetws gets tmpnam mkdtemp mktemp getcwd getwd ctermid cuserid", "r0"},
    {"strsep", "R0"},
    {"strtok_r", "s20 r0 R2"},
    {"wcstok", "s20 r0 R2"},
    {"strtol strtoul strtoll strtoull strtod strtof strtold strtoimax strtoumax wcstol wcstoul wcstoll wcstoull wcstod", "s10"},
    {"strerror_r realpath localtime_r gmtime_r asctime_r ctime_r inet_ntoa_r", "r1"},
    {"inet_ntop", "r2"},
    {"getpwnam_r getpwuid_r getgrnam_r getgrgid_r", "s12 s41"},
    {"getsubopt", "c20"},
    {"iconv", ""},
    {"readdir_r", "s21"},
    {"expect expect_with_probability assume_aligned launder speculation_safe_value bswap64 convertvector", "r0"},
    {"add_overflow sub_overflow mul_overflow", "s20 s21"},
    // ---- results that are new memory, or the library's own
    {"malloc calloc valloc pvalloc memalign aligned_alloc posix_memalign alloca alloca_with_align alloca_with_align_and_max", ""},
    {"strdup strndup wcsdup asprintf vasprintf getline getdelim getaddrinfo freeaddrinfo scandir", ""},
    {"fopen fopen64 fdopen popen tmpfile opendir fdopendir dlopen dlsym mmap shmat sem_open iconv_open fts_open", ""},
    {"getenv secure_getenv setlocale localeconv strerror strsignal gai_strerror nl_langinfo gettext dgettext dcgettext", ""},
    {"ngettext bindtextdomain textdomain getpwnam getpwuid getgrnam getgrgid gethostbyname gethostbyaddr getservbyname", ""},
    {"getservbyport getprotobyname getlogin getpass ttyname ptsname ctime asctime localtime gmtime inet_ntoa hstrerror", ""},
    {"readdir getmntent getpwent getgrent fgetpwent fgetgrent tempnam get_current_dir_name canonicalize_file_name", ""},
    {"frame_address return_address object_size dynamic_object_size constant_p", ""},
};

static bool names_contain(const char *names, const char *name, size_t n) {
    for (const char *p = names; *p; p += strspn(p, " ")) {
        size_t length = strcspn(p, " ");
        if (length == n && !memcmp(p, name, n))
            return true;
        p += length;
    }
    return false;
}

const char *escape_call_effects(const char *name) {
    if (!strncmp(name, "__sync_", 7))                  // clang adds the size: __sync_val_compare_and_swap_8
        return strstr(name, "compare_and_swap") ? "s02 R0 r2" : "s01 R0 r1";
    size_t n = strlen(name);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (names_contain(table[i].names, name, n))
            return table[i].effects;
    return NULL;
}
