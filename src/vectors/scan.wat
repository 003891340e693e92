;; The inner loops of the vector index, over codes in one linear memory. scan-fallback.ts does the same without SIMD.
;; All addresses are byte addresses; `bytes` is the length of one plane of a code, a multiple of 16.
(module
  (import "index" "memory" (memory 1))

  ;; How many bits of `count` codes, one behind the other, differ from the query: 16 bits each, four codes at a time, so
  ;; that up to three more than asked are read and written.
  (func (export "hamming")
    (param $query i32) (param $bytes i32) (param $codes i32) (param $count i32) (param $out i32)
    (local $end i32) (local $at i32) (local $part v128)
    (local $first i32) (local $second i32) (local $third i32) (local $fourth i32)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local.set $end (i32.add (local.get $out) (i32.shl (local.get $count) (i32.const 1))))
    (block $done
      (loop $codes4
        (br_if $done (i32.ge_u (local.get $out) (local.get $end)))
        (local.set $first (local.get $codes))
        (local.set $second (i32.add (local.get $first) (local.get $bytes)))
        (local.set $third (i32.add (local.get $second) (local.get $bytes)))
        (local.set $fourth (i32.add (local.get $third) (local.get $bytes)))
        (local.set $codes (i32.add (local.get $fourth) (local.get $bytes)))
        (local.set $a (v128.const i64x2 0 0))
        (local.set $b (v128.const i64x2 0 0))
        (local.set $c (v128.const i64x2 0 0))
        (local.set $d (v128.const i64x2 0 0))
        (local.set $at (i32.const 0))
        (loop $chunks
          (local.set $part (v128.load (i32.add (local.get $query) (local.get $at))))
          (local.set $a (i16x8.add (local.get $a) (i16x8.extadd_pairwise_i8x16_u (i8x16.popcnt
            (v128.xor (local.get $part) (v128.load (i32.add (local.get $first) (local.get $at))))))))
          (local.set $b (i16x8.add (local.get $b) (i16x8.extadd_pairwise_i8x16_u (i8x16.popcnt
            (v128.xor (local.get $part) (v128.load (i32.add (local.get $second) (local.get $at))))))))
          (local.set $c (i16x8.add (local.get $c) (i16x8.extadd_pairwise_i8x16_u (i8x16.popcnt
            (v128.xor (local.get $part) (v128.load (i32.add (local.get $third) (local.get $at))))))))
          (local.set $d (i16x8.add (local.get $d) (i16x8.extadd_pairwise_i8x16_u (i8x16.popcnt
            (v128.xor (local.get $part) (v128.load (i32.add (local.get $fourth) (local.get $at))))))))
          (local.set $at (i32.add (local.get $at) (i32.const 16)))
          (br_if $chunks (i32.lt_u (local.get $at) (local.get $bytes))))
        (local.set $a (call $sum4
          (i32x4.extadd_pairwise_i16x8_u (local.get $a)) (i32x4.extadd_pairwise_i16x8_u (local.get $b))
          (i32x4.extadd_pairwise_i16x8_u (local.get $c)) (i32x4.extadd_pairwise_i16x8_u (local.get $d))))
        (v128.store64_lane 0 (local.get $out) (i16x8.narrow_i32x4_u (local.get $a) (local.get $a)))
        (local.set $out (i32.add (local.get $out) (i32.const 8)))
        (br $codes4))))

  ;; The sums of the lanes of four vectors, as one vector.
  (func $sum4 (param $a v128) (param $b v128) (param $c v128) (param $d v128) (result v128)
    (local.set $a (i32x4.add
      (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $a) (local.get $b))
      (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $a) (local.get $b))))
    (local.set $c (i32x4.add
      (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $c) (local.get $d))
      (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $c) (local.get $d))))
    (i32x4.add
      (i8x16.shuffle 0 1 2 3 8 9 10 11 16 17 18 19 24 25 26 27 (local.get $a) (local.get $c))
      (i8x16.shuffle 4 5 6 7 12 13 14 15 20 21 22 23 28 29 30 31 (local.get $a) (local.get $c))))

  ;; The sum of the lanes of one.
  (func $sum (param $a v128) (result i32)
    (local.set $a (i32x4.add (local.get $a)
      (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $a) (local.get $a))))
    (i32.add (i32x4.extract_lane 0 (local.get $a)) (i32x4.extract_lane 1 (local.get $a))))

  ;; The same as `hamming`, of codes at a list of addresses.
  (func (export "hammingAt")
    (param $query i32) (param $bytes i32) (param $addresses i32) (param $count i32) (param $out i32)
    (local $end i32) (local $at i32) (local $code i32) (local $a v128)
    (local.set $end (i32.add (local.get $out) (i32.shl (local.get $count) (i32.const 1))))
    (block $done
      (loop $codes
        (br_if $done (i32.ge_u (local.get $out) (local.get $end)))
        (local.set $code (i32.load (local.get $addresses)))
        (local.set $a (v128.const i64x2 0 0))
        (local.set $at (i32.const 0))
        (loop $chunks
          (local.set $a (i16x8.add (local.get $a) (i16x8.extadd_pairwise_i8x16_u (i8x16.popcnt (v128.xor
            (v128.load (i32.add (local.get $query) (local.get $at)))
            (v128.load (i32.add (local.get $code) (local.get $at))))))))
          (local.set $at (i32.add (local.get $at) (i32.const 16)))
          (br_if $chunks (i32.lt_u (local.get $at) (local.get $bytes))))
        (i32.store16 (local.get $out) (call $sum (i32x4.extadd_pairwise_i16x8_u (local.get $a))))
        (local.set $addresses (i32.add (local.get $addresses) (i32.const 4)))
        (local.set $out (i32.add (local.get $out) (i32.const 2)))
        (br $codes))))

  ;; How often each distance occurs, added to `bins` of 32 bits.
  (func (export "histogram") (param $distances i32) (param $count i32) (param $bins i32)
    (local $end i32) (local $bin i32)
    (local.set $end (i32.add (local.get $distances) (i32.shl (local.get $count) (i32.const 1))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $distances) (local.get $end)))
        (local.set $bin (i32.add (local.get $bins) (i32.shl (i32.load16_u (local.get $distances)) (i32.const 2))))
        (i32.store (local.get $bin) (i32.add (i32.load (local.get $bin)) (i32.const 1)))
        (local.set $distances (i32.add (local.get $distances) (i32.const 2)))
        (br $next))))

  ;; The positions of all distances up to a limit, 32 bits each; returns how many. `count` is a multiple of 8.
  (func (export "collect") (param $distances i32) (param $count i32) (param $limit i32) (param $out i32) (result i32)
    (local $start i32) (local $position i32) (local $limits v128) (local $bits i32)
    (local.set $start (local.get $out))
    (local.set $limits (i16x8.splat (local.get $limit)))
    (block $done
      (loop $next8
        (br_if $done (i32.ge_u (local.get $position) (local.get $count)))
        (local.set $bits (i16x8.bitmask (i16x8.le_u
          (v128.load (i32.add (local.get $distances) (i32.shl (local.get $position) (i32.const 1))))
          (local.get $limits))))
        (block $none
          (loop $bit
            (br_if $none (i32.eqz (local.get $bits)))
            (i32.store (local.get $out) (i32.add (local.get $position) (i32.ctz (local.get $bits))))
            (local.set $out (i32.add (local.get $out) (i32.const 4)))
            (local.set $bits (i32.and (local.get $bits) (i32.sub (local.get $bits) (i32.const 1))))
            (br $bit)))
        (local.set $position (i32.add (local.get $position) (i32.const 8)))
        (br $next8)))
    (i32.shr_u (i32.sub (local.get $out) (local.get $start)) (i32.const 2)))

  ;; Twice the common bits of a plane of the query with the high plane of a code, and once those with the low plane.
  (func $common (param $plane i32) (param $high v128) (param $low v128) (result v128)
    (local $part v128) (local $twice v128)
    (local.set $part (v128.load (local.get $plane)))
    (local.set $twice (i8x16.popcnt (v128.and (local.get $part) (local.get $high))))
    (i16x8.extadd_pairwise_i8x16_u (i8x16.add
      (i8x16.add (local.get $twice) (local.get $twice))
      (i8x16.popcnt (v128.and (local.get $part) (local.get $low))))))

  ;; The products of a query of whole numbers from -32 to 31, in six planes of bits (the last one counts -32), with codes
  ;; of numbers from 0 to 3 in two planes: the high one at each address, the low one `apart` behind it. 32 bits each.
  (func (export "productAt")
    (param $planes i32) (param $bytes i32) (param $apart i32) (param $addresses i32) (param $count i32) (param $out i32)
    (local $end i32) (local $at i32) (local $code i32) (local $plane i32)
    (local $high v128) (local $low v128) (local $chunk v128) (local $a v128)
    (local.set $end (i32.add (local.get $out) (i32.shl (local.get $count) (i32.const 2))))
    (block $done
      (loop $codes
        (br_if $done (i32.ge_u (local.get $out) (local.get $end)))
        (local.set $code (i32.load (local.get $addresses)))
        (local.set $a (v128.const i64x2 0 0))
        (local.set $at (i32.const 0))
        (loop $chunks
          (local.set $high (v128.load (i32.add (local.get $code) (local.get $at))))
          (local.set $low (v128.load (i32.add (i32.add (local.get $code) (local.get $apart)) (local.get $at))))
          (local.set $plane (i32.add (local.get $planes) (local.get $at)))
          (local.set $chunk (call $common (local.get $plane) (local.get $high) (local.get $low)))
          (local.set $plane (i32.add (local.get $plane) (local.get $bytes)))
          (local.set $chunk (i16x8.add (local.get $chunk) (i16x8.shl
            (call $common (local.get $plane) (local.get $high) (local.get $low)) (i32.const 1))))
          (local.set $plane (i32.add (local.get $plane) (local.get $bytes)))
          (local.set $chunk (i16x8.add (local.get $chunk) (i16x8.shl
            (call $common (local.get $plane) (local.get $high) (local.get $low)) (i32.const 2))))
          (local.set $plane (i32.add (local.get $plane) (local.get $bytes)))
          (local.set $chunk (i16x8.add (local.get $chunk) (i16x8.shl
            (call $common (local.get $plane) (local.get $high) (local.get $low)) (i32.const 3))))
          (local.set $plane (i32.add (local.get $plane) (local.get $bytes)))
          (local.set $chunk (i16x8.add (local.get $chunk) (i16x8.shl
            (call $common (local.get $plane) (local.get $high) (local.get $low)) (i32.const 4))))
          (local.set $plane (i32.add (local.get $plane) (local.get $bytes)))
          (local.set $chunk (i16x8.sub (local.get $chunk) (i16x8.shl
            (call $common (local.get $plane) (local.get $high) (local.get $low)) (i32.const 5))))
          (local.set $a (i32x4.add (local.get $a) (i32x4.extadd_pairwise_i16x8_s (local.get $chunk))))
          (local.set $at (i32.add (local.get $at) (i32.const 16)))
          (br_if $chunks (i32.lt_u (local.get $at) (local.get $bytes))))
        (i32.store (local.get $out) (call $sum (local.get $a)))
        (local.set $addresses (i32.add (local.get $addresses) (i32.const 4)))
        (local.set $out (i32.add (local.get $out) (i32.const 4)))
        (br $codes)))))
