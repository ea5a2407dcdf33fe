/* What numba's code asks of its runtime, and the one function that a page calls. Memory is handed out upwards and given
   back all at once: what a call takes is free again when it returns. */
typedef unsigned int u32;
typedef unsigned long long u64;
extern unsigned char __heap_base;
static u32 top = 0;

__attribute__((export_name("alloc"))) u32 alloc(u32 n) {
  if (!top) top = (u32)&__heap_base;
  top = (top + 63) & ~63u;
  u32 place = top;
  top += n;
  while (top > __builtin_wasm_memory_size(0) * 65536u)
    if (__builtin_wasm_memory_grow(0, 16) == (u32)-1) return 0;
  return place;
}
__attribute__((export_name("mark"))) u32 mark(void) { return top; }
__attribute__((export_name("release"))) void release(u32 to) { top = to; }

/* numba's MemInfo as on 64 bits: the count of references at 0, the data's address at 24. */
void *NRT_MemInfo_alloc_aligned(u64 n, u32 align) {
  u32 info = alloc(64), data = alloc((u32)n);
  if (!info || !data) __builtin_trap();
  *(u64 *)info = 1;
  *(u64 *)(info + 24) = data;
  return (void *)info;
}
void NRT_MemInfo_call_dtor(void *info) {}
void *memset(void *to, int value, unsigned long n) {
  unsigned char *p = to;
  for (unsigned long i = 0; i < n; i++) p[i] = value;
  return to;
}

/* An array is: MemInfo, parent, items, bytes an item, data, shape, strides. */
#define ONE u32, u32, u64, u64, u32, u64, u64
#define TWO u32, u32, u64, u64, u32, u64, u64, u64, u64
#define THREE u32, u32, u64, u64, u32, u64, u64, u64, u64, u64, u64
int run_blocks(void *ret, void *error, TWO, TWO, ONE, ONE, u64, u64, TWO, THREE);
#define LINE(p, n) 0, 0, n, 8, p, n, 8
#define TABLE(p, n, m) 0, 0, (u64)(n) * (m), 8, p, n, m, (u64)(m) * 8, 8
#define CUBE(p, n, m, k) 0, 0, (u64)(n) * (m) * (k), 8, p, n, m, k, (u64)(m) * (k) * 8, (u64)(k) * 8, 8

static u64 given[2];

/* n runs from `first` on, into results[n][n_results] and, unless n_traced is 0, trace[n_traced][n_months][n_fields].
   0 if all is well. */
__attribute__((export_name("run"))) int run(
    u32 calendar, u32 n_months, u32 n_columns, u32 worlds, u32 n_worlds, u32 n_parameters, u32 world_of, u32 order, u32 n,
    u64 seed, u64 first, u32 results, u32 n_results, u32 trace, u32 n_traced, u32 n_fields) {
  u32 before = top;
  int status = run_blocks(
      &given[0], &given[1], TABLE(calendar, n_months, n_columns), TABLE(worlds, n_worlds, n_parameters), LINE(world_of, n),
      LINE(order, n), seed, first, TABLE(results, n, n_results), CUBE(trace, n_traced, n_months, n_fields));
  top = before;
  return status;
}
