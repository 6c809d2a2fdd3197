/* Outputs against right answers, or against those of another process. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "referee.h"

enum { LANES = 8, BLOCK = 512 };

typedef struct sums {
  double difference[LANES], of_poison[LANES], norm[LANES];
  uint64_t poison[LANES], unwritten[LANES], not_finite[LANES], zeros[LANES];
} sums;

/* A right answer may happen to be the poison's bits, once in some million. */
static const double FAR = 1e-4;

/* Lane by lane, so that the compiler can make vectors of it. `count` is a multiple of LANES. */
static void add_singles(sums *s, const uint32_t *output, const uint32_t *poison, const double *right, uint64_t count) {
  for (uint64_t at = 0; at < count; at += LANES)
    for (int lane = 0; lane < LANES; lane++) {
      uint32_t bits = output[at + lane];
      float value;
      memcpy(&value, &bits, sizeof value);
      double wanted = right[at + lane];
      int finite = (bits & 0x7f800000u) != 0x7f800000u;
      double off = finite ? (double)value - wanted : 0;
      int same = bits == poison[at + lane];
      s->difference[lane] += off * off;
      s->of_poison[lane] += same ? off * off : 0;
      s->norm[lane] += wanted * wanted;
      s->poison[lane] += same;
      s->unwritten[lane] += same & (off * off > FAR * wanted * wanted);
      s->not_finite[lane] += !finite;
      s->zeros[lane] += value == 0;
    }
}

/* Any type of floating-point numbers, and what does not fill a lane. */
static void add_floats(sums *s, uint32_t type, const char *output, const char *poison, const double *right, uint64_t count) {
  const uint64_t size = kevo_element_bytes(type);
  for (uint64_t at = 0; at < count; at++) {
    const int lane = at % LANES;
    const double value = load_float(type, output + at * size), wanted = right[at];
    const int finite = isfinite(value) != 0, same = memcmp(output + at * size, poison + at * size, size) == 0;
    const double off = finite ? value - wanted : 0;
    s->difference[lane] += off * off;
    s->of_poison[lane] += same ? off * off : 0;
    s->norm[lane] += wanted * wanted;
    s->poison[lane] += same;
    s->unwritten[lane] += same & (off * off > FAR * wanted * wanted);
    s->not_finite[lane] += !finite;
    s->zeros[lane] += value == 0;
  }
}

/* @param answer doubles, or NULL where `its` is held against */
static verdict judge_floats(const kevo_array *array, const char *output, const char *poison, const char *answer, const char *its) {
  const uint32_t type = array->type;
  const uint64_t count = array->count, bytes = kevo_element_bytes(type);
  sums s = {0};
  for (uint64_t at = 0; at < count; at += BLOCK) {
    const uint64_t size = count - at < BLOCK ? count - at : BLOCK;
    const uint64_t even = type == KEVO_F32 ? size / LANES * LANES : 0;
    double right[BLOCK];
    if (answer != NULL) memcpy(right, answer + at * sizeof *right, size * sizeof *right);
    else if (type == KEVO_F32)
      for (uint64_t i = 0; i < size; i++) right[i] = (double)((const float *)its)[at + i];
    else
      for (uint64_t i = 0; i < size; i++) right[i] = load_float(type, its + (at + i) * bytes);
    add_singles(&s, (const uint32_t *)output + (even > 0 ? at : 0), (const uint32_t *)poison + (even > 0 ? at : 0), right, even);
    add_floats(&s, type, output + (at + even) * bytes, poison + (at + even) * bytes, right + even, size - even);
  }
  double difference = 0, of_poison = 0, norm = 0;
  uint64_t zeros = 0, poisoned = 0;
  verdict found = {0};
  for (int lane = 0; lane < LANES; lane++) {
    difference += s.difference[lane], of_poison += s.of_poison[lane], norm += s.norm[lane], zeros += s.zeros[lane];
    poisoned += s.poison[lane];
    found.unwritten += s.unwritten[lane], found.not_finite += s.not_finite[lane];
  }
  if (found.unwritten > 0) found.unwritten = poisoned;
  const double unit = array->weight / (norm > 0 ? sqrt(norm) : 1);
  found.error = sqrt(difference) * unit;
  found.written_error = sqrt(fmax(0, difference - of_poison)) * unit;
  found.all_zero = zeros == count && norm > 0;
  return found;
}

static verdict judge_integers(const kevo_array *array, const char *output, const char *poison, const char *right) {
  const uint64_t size = kevo_element_bytes(array->type);
  verdict found = {0};
  if (memcmp(output, right, array->count * size) == 0) return found;
  uint64_t unwritten = 0;
  for (uint64_t at = 0; at < array->count; at++) {
    if (memcmp(output + at * size, right + at * size, size) == 0) continue;
    found.different++;
    unwritten += memcmp(output + at * size, poison + at * size, size) == 0;
  }
  /* Elements that were computed wrongly are hardly ever the poison's. */
  if (unwritten == found.different) found.unwritten = unwritten;
  return found;
}

int is_wrong(const verdict *v, double bound) {
  return v->outside || v->unwritten > 0 || v->not_finite > 0 || v->different > 0 || v->all_zero || !(v->error <= bound);
}

verdict judge(const process *p, const data *file, const process *other) {
  verdict worst = {0};
  for (uint32_t i = 0; i < p->layout.outputs; i++) {
    const kevo_array *array = kevo_output(&p->layout, i);
    const char *output = output_of(p, i), *poison = poison_of(p, i);
    const char *answer = file == NULL ? NULL : array_of(file, p->layout.inputs + i);
    const char *its = other == NULL ? NULL : output_of(other, i);
    verdict found = kevo_is_float(array->type) ? judge_floats(array, output, poison, answer, its)
                                               : judge_integers(array, output, poison, answer == NULL ? its : answer);
    found.output = i;
    /* What is wrong beyond a rounding error says more than an error does. */
    const int grave = is_wrong(&found, INFINITY), before = is_wrong(&worst, INFINITY);
    if (i == 0 || (grave && !before) || (grave == before && !(found.error <= worst.error))) worst = found;
  }
  worst.outside = guards_broken(p, &worst.broken);
  return worst;
}

void print_place(FILE *to, const kevo_arrays *layout, kevo_place place) {
  const int is_input = place.array < layout->inputs;
  fprintf(to, "%s %u %lld %llu", is_input ? "input" : "output", is_input ? place.array : place.array - layout->inputs,
          (long long)place.bytes, (unsigned long long)kevo_bytes(&layout->array[place.array]));
}

/* ---- an element for people ------------------------------------------------------------------------------ */

typedef struct wrong_element {
  uint64_t at;
  char is[32], right[32];
} wrong_element;

static void print_integer(char text[32], uint32_t type, const char *at) {
  const int is_signed = type >= KEVO_I64 && type <= KEVO_I8;
  const uint64_t size = kevo_element_bytes(type);
  uint64_t value = 0;
  memcpy(&value, at, size);
  if (!is_signed) return (void)snprintf(text, 32, "%llu", (unsigned long long)value);
  const int spare = 64 - 8 * (int)size;
  snprintf(text, 32, "%lld", (long long)((int64_t)(value << spare) >> spare));
}

/* The first integer that is wrong, or the number that is furthest from the right one; one that is not finite is further. */
static wrong_element find_wrong(const kevo_array *array, const char *output, const char *answer, const char *its) {
  const uint32_t type = array->type;
  const uint64_t size = kevo_element_bytes(type);
  wrong_element found = {0};
  if (!kevo_is_float(type)) {
    const char *right = answer == NULL ? its : answer;
    while (found.at + 1 < array->count && memcmp(output + found.at * size, right + found.at * size, size) == 0) found.at++;
    print_integer(found.is, type, output + found.at * size);
    print_integer(found.right, type, right + found.at * size);
    return found;
  }
  double furthest = -1;
  for (uint64_t at = 0; at < array->count; at++) {
    const double value = load_float(type, output + at * size);
    const double right = answer == NULL ? load_float(type, its + at * size) : ((const double *)answer)[at];
    const double apart = isfinite(value) ? fabs(value - right) : INFINITY;
    if (apart <= furthest) continue;
    furthest = apart;
    found.at = at;
    const int digits = type == KEVO_F64 ? 17 : 9;
    snprintf(found.is, sizeof found.is, "%.*g", digits, value);
    snprintf(found.right, sizeof found.right, "%.*g", digits, right);
  }
  return found;
}

void print_verdict(const verdict *v) {
  printf("\t%.9g\t%.9g\t%llu\t%llu\t%d\t%d\t%llu\t%u", v->error, v->written_error, (unsigned long long)v->unwritten,
         (unsigned long long)v->not_finite, v->all_zero, v->outside, (unsigned long long)v->different, v->output);
}

void print_wrong(const verdict *v, const process *p, const data *file, const process *other) {
  const char *answer = file == NULL ? NULL : array_of(file, p->layout.inputs + v->output);
  const char *its = other == NULL ? NULL : output_of(other, v->output);
  const wrong_element found = find_wrong(kevo_output(&p->layout, v->output), output_of(p, v->output), answer, its);
  print_verdict(v);
  printf("\t%llu\t%s\t%s\t", (unsigned long long)found.at, found.is, found.right);
  if (v->outside) print_place(stdout, &p->layout, v->broken);
}
