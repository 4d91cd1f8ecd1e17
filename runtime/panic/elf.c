// elf.c - the loaded objects of this process, and the sections of their files.
//
// The dynamic loader tells what is loaded where (in a static program: the program itself); section
// headers and symbols are not loaded, so the file is mapped. Files are taken as they are found:
// each offset is checked against the size, since a file may have been replaced since it was loaded.
// Modules are found under a flag, not a lock: who finds it taken does without symbols.
#define _GNU_SOURCE
#include "panic/elf.h"
#include "os/syscall.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/atomic.h"

enum { MODULES_MAX = 64 }; // later ones go without symbols

static Module modules[MODULES_MAX];
static int module_count; // (a) modules below it are complete; grows under `busy`
static int busy;

// ---- sections -----------------------------------------------------------------------------------

static Bytes part(Bytes file, uint64_t offset, uint64_t size) {
    uint64_t all = file.end - file.start;
    if (offset > all || size > all - offset)
        return (Bytes){NULL, NULL};
    return (Bytes){file.start + offset, file.start + offset + size};
}

static Bytes *section_slot(Module *m, const char *name) {
    static const struct {
        const char *name;
        size_t offset;
    } known[] = {
        {".debug_info", offsetof(Module, debug_info)},
        {".debug_abbrev", offsetof(Module, debug_abbrev)},
        {".debug_line", offsetof(Module, debug_line)},
        {".debug_str", offsetof(Module, debug_str)},
        {".debug_line_str", offsetof(Module, debug_line_str)},
        {".debug_ranges", offsetof(Module, debug_ranges)},
        {".debug_rnglists", offsetof(Module, debug_rnglists)},
        {".debug_addr", offsetof(Module, debug_addr)},
        {".debug_str_offsets", offsetof(Module, debug_str_offsets)},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcmp(known[i].name, name))
            return (Bytes *)((char *)m + known[i].offset);
    return NULL;
}

static void take_symbols(Module *m, const ElfW(Shdr) * sections, size_t n, const ElfW(Shdr) * s) {
    if (s->sh_link >= n)
        return;
    m->symtab = part(m->file, s->sh_offset, s->sh_size);
    m->strtab = part(m->file, sections[s->sh_link].sh_offset, sections[s->sh_link].sh_size);
}

static const char *section_name(Bytes names, uint32_t at) {
    size_t n = names.end - names.start;
    if (at >= n || !memchr(names.start + at, 0, n - at))
        return "";
    return (const char *)names.start + at;
}

static void take_sections(Module *m) {
    const ElfW(Ehdr) *h = (const void *)m->file.start;
    Bytes table = part(m->file, h->e_shoff, (uint64_t)h->e_shnum * sizeof(ElfW(Shdr)));
    const ElfW(Shdr) *s = (const void *)table.start;
    if (!s || h->e_shentsize != sizeof *s || h->e_shstrndx >= h->e_shnum)
        return;
    Bytes names = part(m->file, s[h->e_shstrndx].sh_offset, s[h->e_shstrndx].sh_size);
    if (!names.start)
        return;
    for (size_t i = 0; i < h->e_shnum; i++) {
        if (s[i].sh_type == SHT_SYMTAB || (s[i].sh_type == SHT_DYNSYM && !m->symtab.start))
            take_symbols(m, s, h->e_shnum, &s[i]);
        Bytes *slot = section_slot(m, section_name(names, s[i].sh_name));
        if (slot && s[i].sh_type == SHT_PROGBITS && !(s[i].sh_flags & SHF_COMPRESSED))
            *slot = part(m->file, s[i].sh_offset, s[i].sh_size);
    }
}

static void map_file(Module *m) {
    int fd = open(m->path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0)
        return;
    if (fstat(fd, &st) == 0 && st.st_size >= (off_t)sizeof(ElfW(Ehdr))) {
        uint8_t *p = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (p != MAP_FAILED && !memcmp(p, ELFMAG, SELFMAG))
            m->file = (Bytes){p, p + st.st_size};
    }
    os_call(SYS_close, fd);
    if (m->file.start)
        take_sections(m);
}

// ---- modules ------------------------------------------------------------------------------------

typedef struct Search {
    uintptr_t address;
    Module *out;
    bool found;
} Search;

static void set_path(Module *m, const char *name) {
    if (*name) {
        strncpy(m->path, name, sizeof m->path - 1);
        return;
    }
    ssize_t n = readlink("/proc/self/exe", m->path, sizeof m->path - 1);
    m->path[n > 0 ? n : 0] = 0;
}

static int visit(struct dl_phdr_info *info, size_t size, void *p) {
    (void)size;
    Search *s = p;
    uintptr_t low = UINTPTR_MAX, high = 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *h = &info->dlpi_phdr[i];
        if (h->p_type != PT_LOAD)
            continue;
        uintptr_t start = info->dlpi_addr + h->p_vaddr;
        low = start < low ? start : low;
        high = start + h->p_memsz > high ? start + h->p_memsz : high;
    }
    if (s->address < low || s->address >= high)
        return 0;
    *s->out = (Module){.base = info->dlpi_addr, .low = low, .high = high};
    set_path(s->out, info->dlpi_name);
    s->found = true;
    return 1;
}

static const Module *known_module(uintptr_t address) {
    int n = load_acquire(&module_count); // pairs with the release in gort_module_of
    for (int i = 0; i < n; i++)
        if (address >= modules[i].low && address < modules[i].high)
            return &modules[i];
    return NULL;
}

const Module *gort_module_of(uintptr_t address) {
    const Module *known = known_module(address);
    if (known || exchange_acquire(&busy, 1))
        return known;
    int n = module_count;
    Search s = {address, &modules[n], false};
    if (n < MODULES_MAX)
        dl_iterate_phdr(visit, &s);
    if (s.found) {
        map_file(s.out);
        store_release(&module_count, n + 1);
    }
    store_release(&busy, 0);
    return s.found ? s.out : NULL;
}

// ---- functions ----------------------------------------------------------------------------------

static bool covers(const ElfW(Sym) * s, uint64_t address) {
    int type = ELF64_ST_TYPE(s->st_info);
    return (type == STT_FUNC || type == STT_GNU_IFUNC) && s->st_shndx != SHN_UNDEF &&
           s->st_value <= address &&
           (address < s->st_value + s->st_size || (s->st_size == 0 && s->st_value == address));
}

ElfFunction gort_elf_function_at(const Module *m, uint64_t address) {
    ElfFunction f = {NULL, 0, 0};
    for (const uint8_t *p = m->symtab.start; p && p + sizeof(ElfW(Sym)) <= m->symtab.end;
         p += sizeof(ElfW(Sym))) {
        const ElfW(Sym) *s = (const void *)p;
        if (!covers(s, address))
            continue;
        const char *name = section_name(m->strtab, s->st_name);
        if (!*name || (f.name && *name == '_')) // of several names, the one without underscores
            continue;
        f = (ElfFunction){name, s->st_value, s->st_size};
    }
    return f;
}
