/* Elements of arrays of any type of floating-point numbers, as doubles; integers are compared as they are. */
#include <math.h>
#include <string.h>
#include "referee.h"

static double of_half(uint16_t bits) {
  const int exponent = bits >> 10 & 31, fraction = bits & 1023;
  const double sign = bits & 0x8000 ? -1 : 1;
  if (exponent == 31) return fraction ? NAN : sign * INFINITY;
  if (exponent == 0) return sign * ldexp(fraction, -24);
  return sign * ldexp(1024 + fraction, exponent - 25);
}

/* Cut, not rounded, and kept finite: this makes poison alone. */
static uint16_t to_half(double value) {
  const uint16_t sign = value < 0 ? 0x8000 : 0;
  const double size = fabs(value);
  int exponent;
  if (!(size >= ldexp(1, -24))) return sign;
  if (size >= 65504) return (uint16_t)(sign | 0x7bff);
  const double fraction = frexp(size, &exponent);
  if (exponent < -13) return (uint16_t)(sign | (uint16_t)ldexp(size, 24));
  return (uint16_t)(sign | (exponent + 14) << 10 | ((uint16_t)(fraction * 2048) & 1023));
}

double load_float(uint32_t type, const char *at) {
  if (type == KEVO_F64) {
    double value;
    return memcpy(&value, at, sizeof value), value;
  }
  if (type == KEVO_F32) {
    float value;
    return memcpy(&value, at, sizeof value), (double)value;
  }
  uint16_t bits;
  memcpy(&bits, at, sizeof bits);
  return type == KEVO_F16 ? of_half(bits) : (double)kevo_from_bf16((kevo_bf16){bits});
}

void store_float(uint32_t type, char *at, double value) {
  if (type == KEVO_F64) {
    memcpy(at, &value, sizeof value);
  } else if (type == KEVO_F32) {
    const float single = (float)value;
    memcpy(at, &single, sizeof single);
  } else {
    const uint16_t bits = type == KEVO_F16 ? to_half(value) : kevo_to_bf16((float)value).bits;
    memcpy(at, &bits, sizeof bits);
  }
}
