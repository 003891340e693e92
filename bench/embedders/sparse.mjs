// Dense matrices are Float64Arrays, row after row; sparse ones have rows `{ columns: Int32Array, values: Float64Array }`.

/** A · D, where D has `width` columns. */
export function times(rows, dense, width) {
  const product = new Float64Array(rows.length * width)
  rows.forEach(({ columns, values }, row) => {
    for (let at = 0; at < columns.length; at++)
      addRow(product, row * width, dense, columns[at] * width, values[at], width)
  })
  return product
}

/** Aᵀ · D, where A has `height` columns. */
export function transposedTimes(rows, height, dense, width) {
  const product = new Float64Array(height * width)
  rows.forEach(({ columns, values }, row) => {
    for (let at = 0; at < columns.length; at++)
      addRow(product, columns[at] * width, dense, row * width, values[at], width)
  })
  return product
}

function addRow(to, toFrom, rows, rowFrom, factor, width) {
  for (let at = 0; at < width; at++) to[toFrom + at] += factor * rows[rowFrom + at]
}

/** Dᵀ · D. */
export function gram(dense, width) {
  const product = new Float64Array(width * width)
  for (let from = 0; from < dense.length; from += width) {
    for (let i = 0; i < width; i++) {
      const value = dense[from + i]
      if (value === 0) continue
      for (let j = i; j < width; j++) product[i * width + j] += value * dense[from + j]
    }
  }
  for (let i = 0; i < width; i++) for (let j = 0; j < i; j++) product[i * width + j] = product[j * width + i]
  return product
}

/** Makes the columns orthonormal, in place: Cholesky's factor of the Gram matrix, taken off twice since once is inexact. */
export function orthonormalize(dense, width) {
  for (let round = 0; round < 2; round++) {
    const lower = cholesky(gram(dense, width), width)
    for (let from = 0; from < dense.length; from += width) {
      for (let i = 0; i < width; i++) {
        let value = dense[from + i]
        for (let j = 0; j < i; j++) value -= lower[i * width + j] * dense[from + j]
        dense[from + i] = value / lower[i * width + i]
      }
    }
  }
  return dense
}

function cholesky(matrix, width) {
  const lower = new Float64Array(width * width)
  // Columns that others nearly make up must not blow up what is left of them.
  const least = 1e-12 * matrix.reduce((most, value) => Math.max(most, value), 0)
  for (let i = 0; i < width; i++) {
    for (let j = 0; j <= i; j++) {
      let value = matrix[i * width + j]
      for (let k = 0; k < j; k++) value -= lower[i * width + k] * lower[j * width + k]
      lower[i * width + j] = i === j ? Math.sqrt(Math.max(value, least)) : value / lower[j * width + j]
    }
  }
  return lower
}

/** Eigenvectors of a symmetric matrix as columns, greatest eigenvalue first (Jacobi's cyclic method). */
export function eigenvectors(symmetric, width) {
  const matrix = symmetric.slice()
  // One eigenvector a row while they are made.
  const vectors = new Float64Array(width * width)
  for (let i = 0; i < width; i++) vectors[i * width + i] = 1
  for (let sweep = 0; sweep < 12; sweep++) {
    for (let p = 0; p < width; p++) for (let q = p + 1; q < width; q++) rotate(matrix, vectors, width, p, q)
  }
  const values = Array.from({ length: width }, (_, i) => matrix[i * width + i])
  const order = values.map((_, i) => i).sort((a, b) => values[b] - values[a])
  const columns = new Float64Array(width * width)
  order.forEach((from, to) => {
    for (let i = 0; i < width; i++) columns[i * width + to] = vectors[from * width + i]
  })
  return { values: order.map((i) => values[i]), columns }
}

function rotate(matrix, vectors, width, p, q) {
  const off = matrix[p * width + q]
  if (Math.abs(off) < 1e-12 * Math.sqrt(Math.abs(matrix[p * width + p] * matrix[q * width + q]))) return
  const theta = (matrix[q * width + q] - matrix[p * width + p]) / (2 * off)
  const tangent = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1))
  const cosine = 1 / Math.sqrt(tangent * tangent + 1)
  const sine = tangent * cosine
  turnRows(matrix, width, p, q, cosine, sine)
  for (let from = 0; from < width * width; from += width) {
    const [a, b] = [matrix[from + p], matrix[from + q]]
    matrix[from + p] = cosine * a - sine * b
    matrix[from + q] = sine * a + cosine * b
  }
  turnRows(vectors, width, p, q, cosine, sine)
}

function turnRows(matrix, width, p, q, cosine, sine) {
  for (let at = 0; at < width; at++) {
    const [a, b] = [matrix[p * width + at], matrix[q * width + at]]
    matrix[p * width + at] = cosine * a - sine * b
    matrix[q * width + at] = sine * a + cosine * b
  }
}
