-- Up Migration

-- Where templates of the two models of a map are compared: both sides' affine parts, and the normalisation of scores.
-- How it was chosen, and its calibration, are in the card of the map.
CREATE TABLE comparison_spaces (
  map_id  uuid PRIMARY KEY REFERENCES maps ON DELETE CASCADE,
  shape   jsonb NOT NULL CHECK (jsonb_typeof(shape) = 'object'),
  numbers bytea NOT NULL CHECK (octet_length(numbers) % 4 = 0),
  sha256  text NOT NULL
    CONSTRAINT comparison_spaces_digest CHECK (sha256 = encode(sha256(numbers), 'hex'))
);

-- Floats do not compress.
ALTER TABLE comparison_spaces ALTER COLUMN numbers SET STORAGE EXTERNAL;

COMMENT ON COLUMN comparison_spaces.numbers IS 'little-endian float32: of source and target the weights (rows, dimension), where a side has them, and the bias (dimension); then, where scores are normalised, both means (dimension) and both covariances (dimension, dimension)';

-- Down Migration

DROP TABLE comparison_spaces;
